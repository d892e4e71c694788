# about: two files of different sizes under one name, each fetched in parts, those of both in between each other
# shellcheck shell=bash source=tests/captures/ranges/web.sh
source "$CAPTURES/ranges/web.sh"

# put VERSION: that is what the name stands for now. The date is that of all files here.
put() {
    cp "$WORK/www/$1.txt" "$WORK/www/report.tmp"
    touch -d 2024-01-01T00:00:00Z "$WORK/www/report.tmp"
    mv "$WORK/www/report.tmp" "$WORK/www/report.txt"
}

url=http://server.example/report.txt
capture
put first
part "$url" 0-3999 first.1
put second
part "$url" 0-5999 second.1
put first
part "$url" 4000- first.2
put second
part "$url" 6000- second.2
capture_end
same "$WORK/www/first.txt" "$WORK"/got/first.{1,2}
same "$WORK/www/second.txt" "$WORK"/got/second.{1,2}
