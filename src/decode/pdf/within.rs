//! Objects of an object stream (ISO 32000-1 section 7.5.7): first numbers and places of all, then they.

use super::lexer::{Lexer, Token};
use super::object::Object;
use super::page::Page;

/// Objects of one stream whose numbers are kept.
const OBJECTS: usize = 2048;

/// Which object of a stream is which.
#[derive(Debug)]
pub(super) struct Within {
    /// Where the first begins, behind the beginning.
    first: u64,
    /// Numbers and places, and the number whose place comes next.
    objects: Vec<(u32, u64)>,
    half: Option<u32>,
    /// So many have begun.
    begun: usize,
}

impl Within {
    pub(super) fn new() -> Self {
        Self { first: 0, objects: Vec::with_capacity(OBJECTS), half: None, begun: 0 }
    }

    /// Another stream begins.
    pub(super) fn begin(&mut self, first: u32) {
        self.objects.clear();
        (self.first, self.half, self.begun) = (first.into(), None, 0);
    }

    /// Takes a token of the stream. False where no more is wanted.
    pub(super) fn token(&mut self, token: Token, lexer: &Lexer, object: &mut Object, page: &mut Page<'_>) -> bool {
        if lexer.start() < self.first {
            let number = lexer.whole().filter(|_| token == Token::Number).unwrap_or(0);
            match self.half.take() {
                None => self.half = Some(number),
                Some(object) if self.objects.len() < OBJECTS => self.objects.push((object, number.into())),
                Some(_) => {}
            }
            return true;
        }
        while let Some((number, _)) = self.objects.get(self.begun).filter(|(_, at)| self.first + at <= lexer.start()) {
            object.begin(*number);
            self.begun += 1;
        }
        object.token(token, lexer, page)
    }
}
