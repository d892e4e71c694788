//! A writer of compound files, which writes what it is told.

const END: u32 = 0xffff_fffe;

/// A compound file of 512-byte sectors whose streams are all in the FAT: paths and bytes of streams.
pub(crate) fn compound(streams: &[(&str, &[u8])]) -> Vec<u8> {
    let mut entries: Vec<(String, u8, u32, u64, Option<usize>)> = vec![("Root Entry".into(), 5, END, 0, None)];
    let (mut sectors, mut fat): (Vec<u8>, Vec<u32>) = (Vec::new(), Vec::new());
    let mut add = |bytes: &[u8]| {
        let first = u32::try_from(fat.len()).unwrap();
        for piece in bytes.chunks(512) {
            sectors.extend_from_slice(piece);
            sectors.resize(sectors.len().next_multiple_of(512), 0);
            fat.push(u32::try_from(fat.len() + 1).unwrap());
        }
        if let Some(last) = fat.last_mut().filter(|_| !bytes.is_empty()) {
            *last = END;
        }
        if bytes.is_empty() { END } else { first }
    };
    for (path, bytes) in streams {
        let mut parent = 0;
        let (folders, name) = path.rsplit_once('/').map_or((vec![], *path), |(f, name)| (f.split('/').collect(), name));
        for folder in folders {
            let known = entries.iter().position(|entry| entry.0 == folder && entry.4 == Some(parent));
            parent = known.unwrap_or_else(|| {
                entries.push((folder.to_owned(), 1, 0, 0, Some(parent)));
                entries.len() - 1
            });
        }
        let first = add(bytes);
        entries.push((name.to_owned(), 2, first, bytes.len() as u64, Some(parent)));
    }
    let mut directory = Vec::new();
    for (number, (name, kind, first, size, parent)) in entries.iter().enumerate() {
        let link = |found: Option<usize>| found.map_or(u32::MAX, |at| u32::try_from(at).unwrap());
        let child = link(entries.iter().position(|entry| entry.4 == Some(number)));
        // Siblings are a list, each to the right of the one before.
        let next = (number + 1..entries.len()).find(|at| entries[*at].4 == *parent && parent.is_some());
        let mut entry = name.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
        let length = u16::try_from(entry.len() + 2).unwrap();
        entry.resize(64, 0);
        entry.extend(length.to_le_bytes());
        entry.extend([*kind, 1]);
        for link in [u32::MAX, link(next), child] {
            entry.extend(link.to_le_bytes());
        }
        entry.resize(116, 0);
        entry.extend(first.to_le_bytes());
        entry.extend(size.to_le_bytes());
        directory.extend(entry);
    }
    let directory_at = add(&directory);
    let content = fat.len();
    let fat_sectors = (content + content.div_ceil(126)).div_ceil(128);
    assert!(fat_sectors <= 109, "too large");
    let places: Vec<u32> = (content..content + fat_sectors).map(|at| u32::try_from(at).unwrap()).collect();
    fat.extend(places.iter().map(|_| 0xffff_fffd_u32));
    fat.resize(fat_sectors * 128, u32::MAX);
    let mut file = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec();
    file.resize(24, 0);
    for word in [0x3e_u16, 3, 0xfffe, 9, 6] {
        file.extend(word.to_le_bytes());
    }
    file.resize(44, 0);
    file.extend(u32::try_from(fat_sectors).unwrap().to_le_bytes());
    file.extend(directory_at.to_le_bytes());
    // No stream is in a mini stream.
    for word in [0, 0, END, 0, END, 0] {
        file.extend(word.to_le_bytes());
    }
    for at in 0..109 {
        file.extend(places.get(at).copied().unwrap_or(u32::MAX).to_le_bytes());
    }
    file.extend(sectors);
    file.extend(fat.iter().flat_map(|word| word.to_le_bytes()));
    file
}
