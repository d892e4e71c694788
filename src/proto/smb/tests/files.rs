//! Files that are read and written.

#[allow(clippy::wildcard_imports)] // all that messages are made of
use super::build::*;
use super::{Dialogue, lines, says, told, told_whole};
use crate::event::Direction::{ToClient, ToServer};

/// A file that is opened, of so many bytes.
fn opened(size: u64) -> Dialogue {
    vec![says(ToServer, &[create(1, "q3\\plan.txt", 0)]), says(ToClient, &[created(1, id(3), size, 0x20)])]
}

const CREATED: &str = "record smb id=0 command=SMB2_COMMAND_CREATE status=STATUS_SUCCESS status_code=0x0 session_id=81 tree_id=7 \
                       filename=q3\\\\plan.txt disposition=FILE_OPEN access=normal created=1703980800 accessed=0 modified=1703980800 \
                       changed=0 size=10 fuid=03030303-0303-0303-0303-030303030303";

#[test]
fn a_file_is_read() {
    let mut dialogue = opened(10);
    dialogue.extend([
        says(ToServer, &[read(2, id(3), 0, 6), read(3, id(3), 6, 6)]),
        says(ToClient, &[data(2, b"Projec"), data(3, b"t Te")]),
        says(ToServer, &[close(4, id(3))]),
        says(ToClient, &[closed(4)]),
    ]);
    let seen = told(&dialogue);
    assert_eq!(
        seen.told(),
        [
            "> smb/filename \"q3\\\\plan.txt\"",
            CREATED,
            "< object 1 begins smb/file name=q3\\\\plan.txt",
            "< body 1 \"Project Te\"",
            "record smb id=1 command=SMB2_COMMAND_CLOSE status=STATUS_SUCCESS status_code=0x0 session_id=81 tree_id=7 \
             filename=q3\\\\plan.txt fuid=03030303-0303-0303-0303-030303030303 read=10 written=0",
            "< object 1 ends",
        ]
    );
}

#[test]
fn a_file_is_written_in_a_chain() {
    let chain = [
        create(1, "up.bin", 0),
        write(2, RELATED, 0, b"first, ").related(),
        write(3, RELATED, 7, b"second").related(),
        close(4, RELATED).related(),
    ];
    let answers = [created(1, id(9), 0, 0x20), written(2, 7).related(), written(3, 6).related(), closed(4).related()];
    let seen = told(&vec![(ToServer, frame(&chain)), (ToClient, frame(&answers))]);
    assert_eq!(seen.objects(), [(b"first, second".to_vec(), true)]);
    assert_eq!(lines(&seen.told(), "> object"), ["> object 1 begins smb/file name=up.bin", "> object 1 ends"]);
    assert_eq!(lines(&seen.told(), "anomaly"), [""; 0]);
}

#[test]
fn a_file_is_read_in_a_chain() {
    let chain = [create(1, "a", 0), read(2, RELATED, 0, 99).related(), close(3, RELATED).related()];
    let answers = [created(1, id(9), 4, 0x20), data(2, b"abcd").related(), closed(3).related()];
    let seen = told(&vec![(ToServer, frame(&chain)), (ToClient, frame(&answers))]);
    assert_eq!(seen.objects(), [(b"abcd".to_vec(), true)]);
}

#[test]
fn several_files_take_turns() {
    let dialogue = vec![
        says(ToServer, &[create(1, "a", 0), create(2, "b", 0)]),
        says(ToClient, &[created(2, id(2), 4, 0), created(1, id(1), 4, 0)]),
        says(ToServer, &[read(3, id(1), 0, 2), read(4, id(2), 0, 2), write(5, id(2), 0, b"new")]),
        says(ToClient, &[data(4, b"b0"), written(5, 3), data(3, b"a0")]),
        says(ToServer, &[read(6, id(1), 2, 2), read(7, id(2), 2, 2), write(8, id(2), 3, b"er")]),
        says(ToClient, &[data(6, b"a1"), data(7, b"b1"), written(8, 2)]),
        says(ToServer, &[close(9, id(1)), close(10, id(2))]),
        says(ToClient, &[closed(9), closed(10)]),
    ];
    let seen = told(&dialogue);
    assert_eq!(seen.objects(), [(b"newer".to_vec(), true), (b"a0a1".to_vec(), true), (b"b0b1".to_vec(), true)]);
}

#[test]
fn a_response_that_comes_later_is_waited_for() {
    let mut dialogue = opened(4);
    dialogue.extend([
        says(ToServer, &[read(2, id(3), 0, 9)]),
        says(ToClient, &[refused(READ, 2, 0).interim(), data(2, b"late")]),
        says(ToServer, &[read(3, id(3), 4, 9), close(4, id(3))]),
        says(ToClient, &[refused(READ, 3, 0xC000_0011), closed(4)]),
    ]);
    assert_eq!(told(&dialogue).objects(), [(b"late".to_vec(), true)]);
}

#[test]
fn reads_on_their_way_that_come_in_another_order_are_stretches() {
    let mut dialogue = opened(9);
    dialogue.extend([
        says(ToServer, &[read(2, id(3), 0, 3), read(3, id(3), 3, 3), read(4, id(3), 6, 3)]),
        says(ToClient, &[data(2, b"abc"), data(4, b"ghi"), data(3, b"def")]),
        says(ToServer, &[close(5, id(3))]),
        says(ToClient, &[closed(5)]),
    ]);
    let seen = told(&dialogue);
    assert_eq!(seen.objects(), [(b"abcdef".to_vec(), false), (b"ghi".to_vec(), false)]);
    assert_eq!(lines(&seen.told(), "< object 2 begins"), ["< object 2 begins smb/file name=q3\\\\plan.txt offset=6"]);
}

#[test]
fn what_is_passed_over_may_still_come() {
    // An archive's directory is read before what it speaks of.
    let mut dialogue = opened(20);
    dialogue.extend([
        says(ToServer, &[read(2, id(3), 0, 4), read(3, id(3), 12, 4)]),
        says(ToClient, &[data(2, b"head"), data(3, b"tail")]),
        says(ToServer, &[read(4, id(3), 4, 8)]),
        says(ToClient, &[data(4, b"and body")]),
        says(ToServer, &[close(5, id(3))]),
        says(ToClient, &[closed(5)]),
    ]);
    let seen = told(&dialogue);
    assert_eq!(seen.objects(), [(b"headand body".to_vec(), false), (b"tail".to_vec(), false)]);
    assert_eq!(lines(&seen.told(), "< smb/data").len(), 0, "nothing of it came again");
}

#[test]
fn writes_out_of_order_are_stretches_and_written_again_are_told() {
    let mut dialogue = opened(0);
    dialogue.extend([
        says(ToServer, &[write(2, id(3), 0, b"aa"), write(3, id(3), 4, b"cc"), write(4, id(3), 2, b"bb")]),
        says(ToClient, &[written(2, 2), written(3, 2), written(4, 2)]),
        says(ToServer, &[write(5, id(3), 1, b"XY"), write(6, id(3), 6, b"dd"), close(7, id(3))]),
        says(ToClient, &[written(5, 2), written(6, 2), closed(7)]),
    ]);
    let seen = told(&dialogue);
    assert_eq!(seen.objects(), [(b"aabb".to_vec(), false), (b"ccdd".to_vec(), false)]);
    let told = seen.told();
    assert_eq!(lines(&told, "> smb/data"), ["> smb/data \"XY\""]);
    assert_eq!(lines(&told, "anomaly"), ["anomaly smb.file_overlap"]);
    assert!(told.iter().any(|line| line.ends_with("read=0 written=10")), "{told:?}");
}

#[test]
fn a_write_far_ahead_is_another_stretch() {
    let mut dialogue = opened(0);
    let far = 32 << 20;
    dialogue.extend([
        says(ToServer, &[write(2, id(3), 0, b"aa"), write(3, id(3), far, b"zz"), close(4, id(3))]),
        says(ToClient, &[written(2, 2), written(3, 2), closed(4)]),
    ]);
    let seen = told(&dialogue);
    assert_eq!(seen.objects(), [(b"aa".to_vec(), false), (b"zz".to_vec(), false)]);
    assert_eq!(lines(&seen.told(), "> object 1 gap").len(), 0);
}

#[test]
fn what_the_server_refuses_is_not_complete() {
    let mut dialogue = opened(0);
    dialogue.extend([
        says(ToServer, &[write(2, id(3), 0, b"too much")]),
        says(ToClient, &[refused(WRITE, 2, 0xC000_007F)]),
        says(ToServer, &[close(3, id(3))]),
        says(ToClient, &[closed(3)]),
    ]);
    assert_eq!(told(&dialogue).objects(), [(b"too much".to_vec(), false)]);
    // and what goes to a file that could not be opened
    let chain = [create(1, "no", 0), write(2, RELATED, 0, b"lost").related(), close(3, RELATED).related()];
    let status = 0xC000_0022;
    let answers =
        [refused(CREATE, 1, status), refused(WRITE, 2, status).related(), refused(CLOSE, 3, status).related()];
    let seen = told(&vec![(ToServer, frame(&chain)), (ToClient, frame(&answers))]);
    let told = seen.told();
    assert!(lines(&told, "record")[0].contains("status=STATUS_ACCESS_DENIED status_code=0xc0000022"), "{told:?}");
}

#[test]
fn a_connection_that_is_picked_up_in_its_middle() {
    let dialogue = vec![
        says(ToClient, &[data(70, b"of a request that was not seen")]),
        says(ToServer, &[write(71, id(5), 100, b"to a file without a name")]),
        says(ToServer, &[read(72, id(6), 0, 4), close(73, id(6))]),
        says(ToClient, &[data(72, b"read"), closed(73)]),
    ];
    let seen = told(&dialogue);
    assert_eq!(
        lines(&seen.told(), "< object"),
        [
            "< object 1 begins smb/file length=30",
            "< object 1 ends incomplete",
            "< object 3 begins smb/file",
            "< object 3 ends incomplete"
        ]
    );
    assert_eq!(
        lines(&seen.told(), "> object"),
        ["> object 2 begins smb/file offset=100", "> object 2 ends incomplete"]
    );
}

#[test]
fn directions_are_those_of_the_headers() {
    // the connection was first seen by what its server sent
    let mut dialogue = opened(4);
    dialogue.extend([
        says(ToServer, &[read(2, id(3), 0, 4), write(3, id(3), 0, b"new"), close(4, id(3))]),
        says(ToClient, &[data(2, b"read"), written(3, 3), closed(4)]),
    ]);
    let turned: Dialogue = dialogue.into_iter().map(|(direction, bytes)| (direction.flip(), bytes)).collect();
    assert_eq!(told(&turned).objects(), [(b"new".to_vec(), true), (b"read".to_vec(), true)]);
}

#[test]
fn more_files_than_are_followed() {
    let number = |n: usize| u64::try_from(n).unwrap();
    let mut dialogue = Vec::new();
    for n in 0..40 {
        dialogue.push(says(ToServer, &[create(number(3 * n), "many", 0)]));
        dialogue.push(says(ToClient, &[created(number(3 * n), id(n as u8), 4, 0)]));
        dialogue.push(says(ToServer, &[read(number(3 * n + 1), id(n as u8), 0, 4)]));
        dialogue.push(says(ToClient, &[data(number(3 * n + 1), b"text")]));
    }
    for n in [39, 20, 2] {
        dialogue.push(says(ToServer, &[close(number(3 * n + 2), id(n as u8))]));
        dialogue.push(says(ToClient, &[closed(number(3 * n + 2))]));
    }
    let seen = told_whole(&dialogue);
    assert_eq!(seen.objects().len(), 40);
    assert_eq!(seen.objects().iter().filter(|(_, complete)| *complete).count(), 2);
    assert_eq!(lines(&seen.told(), "anomaly").len(), 40 - crate::proto::smb::MAX_FILES);
}

#[test]
fn more_places_than_are_followed() {
    let mut dialogue = opened(0);
    let writes: Vec<_> = (0..9).map(|n| write(10 + n, id(3), n * 1000, b"x")).collect();
    dialogue.push(says(ToServer, &writes));
    let behind: Vec<_> = (0..2).map(|n| write(30 + n, id(3), 10_000 * (3 - n), b"y")).collect();
    dialogue.push(says(ToServer, &behind));
    let seen = told_whole(&dialogue);
    // four stretches, of which the last has gaps
    assert_eq!(seen.objects().len(), 4);
    assert_eq!(lines(&seen.told(), "> smb/data"), ["> smb/data \"y\""]);
}

#[test]
fn more_requests_than_are_remembered() {
    let mut dialogue = opened(1000);
    let reads: Vec<_> = (0..70).map(|n| read(10 + n, id(3), n, 1)).collect();
    dialogue.push(says(ToServer, &reads));
    let answers: Vec<_> = (0..70).map(|n| data(10 + n, b"z")).collect();
    dialogue.push(says(ToClient, &answers));
    let seen = told_whole(&dialogue);
    let missed = 70 - crate::proto::smb::MAX_REQUESTS;
    assert_eq!(lines(&seen.told(), "anomaly"), vec!["anomaly smb.too_many_outstanding_requests"; missed]);
    assert_eq!(seen.objects().last().unwrap().0.len(), 70 - missed);
}
