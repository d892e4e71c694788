//! Modules of the extractor.

#[path = "extractor/heard.rs"]
mod heard;
use heard::Heard;
#[test]
fn show() {
    let name = std::env::var("FILE").unwrap();
    let module = std::env::var("MODULE").unwrap();
    let object = std::fs::read(name).unwrap();
    let heard = Heard::of(&module, &object);
    for part in &heard.parts {
        println!("== {} {} {} {:?}", part.name, part.is_text, part.bytes.len(), part.cuts);
        println!("{}", String::from_utf8_lossy(&part.bytes[..part.bytes.len().min(1500)]));
    }
    println!("whole {} cuts {:?}", heard.whole, heard.cuts);
}
