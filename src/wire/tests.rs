//! Tests of the header parser.
