// Package sheet reads and writes tables of cells: .xlsx and .xlsm, .ods and
// .fods, .csv and .tsv. It is made for programs that act on what people type
// into spreadsheets, where a cell read wrongly is worse than a file refused.
//
// # The promise
//
// A file is read exactly or it is refused with an [Error] that says what is
// wrong, where, and what to do about it. Nothing is guessed, cut or skipped in
// silence. What is inside is found by looking at the bytes; the file's name is
// only used in messages.
//
// Rows are handed out while the file is still being read, so a row is final
// only when the whole sheet has been: after [Rows.Next] has returned false and
// [Rows.Err] is nil. Checksums are verified there. Do not act on rows before.
//
// Memory is bounded by [Limits] and not by the file: a row at a time, plus the
// shared strings of an .xlsx. Next allocates nothing per cell.
//
// # Cells
//
// A [Cell] keeps what the file says and does not interpret it: a number keeps
// its digits as written ("2.0", "1E+05"), a date in .xlsx is its serial number,
// a formula is its last computed value. Empty cells are left out, and so are
// rows without any cell: gaps in [Row.Number] show them.
//
// # CSV
//
// CSV has no types, so every cell is text. The encoding is UTF-8 with or
// without a byte order mark, UTF-16 with one, or Windows-1251 if the caller
// recognises the header ([Options.KnownHeader]). The separator is ; , or TAB.
//
// Spreadsheet programs take a text that begins like a formula for a formula, so
// the writer puts an apostrophe before it and the reader takes it away again.
// The law, which makes the two exact inverses: let W be the texts that, after
// any number of apostrophes and spaces, go on with one of = + - @ TAB CR LF
// NUL or the full-width ＝ ＋ － ＠. The writer puts one apostrophe before a
// text of W. The reader removes one leading apostrophe if the text with it is
// in W. Numbers are written as they are.
//
// What a change of one byte can do is another matter in the text formats: .csv,
// .tsv and .fods carry no checksum, so a damaged letter is simply another
// letter. In .xlsx and .ods every part that is used is verified.
package sheet
