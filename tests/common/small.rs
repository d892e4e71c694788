//! A beginning of a configuration under which a replay is set up in less time than most captures take to read.

/// Keys that stand before the first table.
pub(crate) const SMALL: &str = "decode.objects = 64\ndecode.decoders = 8\ndecode.decoder_memory = \"1 MiB\"\n\
                                sessions.http = 4096\nsessions.smb = 64\nscan.hit_records = 256\n";
