# The rules of scripts/check that go line by line over Rust files; `-v rule=NAME` chooses one. Prints each violation.

FNR == 1 { safety_line = -9 }

# `code` is the line without its strings and its comment.
{
	code = $0
	gsub(/"([^"\\]|\\.)*"/, "\"\"", code)
	sub(/\/\/.*/, "", code)
}

function found(what) { print FILENAME ":" FNR ": " what ": " $0 }
function has_word(word) { return code ~ ("(^|[^A-Za-z0-9_])" word "([^A-Za-z0-9_]|$)") }

rule == "bindings" && has_word("dpdk_sys") { found("dpdk_sys outside src/dpdk") }

rule == "unsafe" && has_word("unsafe") { found("unsafe outside src/dpdk and src/scan") }

# A comment block that says SAFETY covers the three lines after it: a statement may start above its `unsafe`.
rule == "safety" && /^[ \t]*\/\// {
	if ($0 ~ /SAFETY/ || safety_line == FNR - 1)
		safety_line = FNR
	next
}
rule == "safety" && code ~ /(^|[^A-Za-z0-9_])unsafe[ \t]*(\{|impl)/ && FNR - safety_line > 3 {
	found("no SAFETY comment")
}

rule == "allow" && code ~ /#!\[(allow|expect)\(/ { found("switches a lint off for the whole file") }
rule == "allow" && code ~ /#\[ignore/ { found("disabled test") }

rule == "unfinished" && (code ~ /(todo|unimplemented|dbg)!\(/ || $0 ~ /(^|[^A-Za-z])(TODO|FIXME|XXX)([^A-Za-z]|$)/) {
	found("unfinished")
}

rule == "length" && FNR == limit + 1 { print FILENAME ": more than " limit " lines" }
