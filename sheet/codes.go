package sheet

// Codes of refusals: what the file is instead of a table we read.
const (
	FileEmpty         Code = "file_empty"
	FileTooLarge      Code = "file_too_large"
	NotASpreadsheet   Code = "not_a_spreadsheet"
	PasswordProtected Code = "password_protected"
	OldExcel          Code = "old_excel"
	BinaryWorkbook    Code = "binary_workbook"
	WebPage           Code = "web_page"
	ExcelXML2003      Code = "excel_xml_2003"
	PDFDocument       Code = "pdf_document"
	TextDocument      Code = "text_document"
	Presentation      Code = "presentation"
	AppleNumbers      Code = "apple_numbers"
	Image             Code = "image"
	OtherArchive      Code = "other_archive"
	OtherZip          Code = "other_zip"
	OtherDocument     Code = "other_document"
	OtherXML          Code = "other_xml"
	Sylk              Code = "sylk"
)

// Codes of refusals: the archive.
const (
	ZipDamaged    Code = "zip_damaged"
	ZipCutOff     Code = "zip_cut_off"
	ZipJunkBefore Code = "zip_junk_before"
	ZipJunkAfter  Code = "zip_junk_after"
	ZipEncrypted  Code = "zip_encrypted"
	ZipDuplicate  Code = "zip_duplicate_name"
	ZipMismatch   Code = "zip_name_mismatch"
	ZipBadName    Code = "zip_bad_name"
	ZipLink       Code = "zip_link"
	ZipOverlap    Code = "zip_overlap"
	ZipMethod     Code = "zip_method"
	ZipChecksum   Code = "zip_checksum"
	ZipSize       Code = "zip_size"
	ZipMultiDisk  Code = "zip_multi_disk"
	ZipTooMany    Code = "zip_too_many_entries"
	ZipBomb       Code = "zip_bomb"
	UnpackedLimit Code = "unpacked_too_large"
)

// Codes of refusals: XML.
const (
	XMLSyntax       Code = "xml_syntax"
	XMLDoctype      Code = "xml_doctype"
	XMLEntity       Code = "xml_entity"
	XMLEncoding     Code = "xml_encoding"
	XMLCharacters   Code = "xml_characters"
	XMLTooDeep      Code = "xml_too_deep"
	XMLAttributes   Code = "xml_too_many_attributes"
	XMLTokenTooLong Code = "xml_token_too_long"
	XMLCutOff       Code = "xml_cut_off"
)

// Codes of refusals: the workbook and its sheets.
const (
	PartMissing        Code = "part_missing"
	PartExternal       Code = "part_external"
	WorkbookBroken     Code = "workbook_broken"
	NoSheets           Code = "no_sheets"
	TooManySheets      Code = "too_many_sheets"
	SheetWithoutRows   Code = "sheet_without_rows"
	SheetBroken        Code = "sheet_broken"
	AlternateContent   Code = "alternate_content"
	RowNumber          Code = "row_number"
	RowOrder           Code = "row_order"
	TooManyRows        Code = "too_many_rows"
	CellReference      Code = "cell_reference"
	CellOrder          Code = "cell_order"
	CellWrongRow       Code = "cell_wrong_row"
	RowTooLong         Code = "row_too_long"
	TooManyColumns     Code = "too_many_columns"
	CellType           Code = "cell_type"
	CellValue          Code = "cell_value"
	CellStyle          Code = "cell_style"
	StylesTooLarge     Code = "styles_too_large"
	StringIndex        Code = "string_index"
	StringsMissing     Code = "strings_missing"
	TooManyStrings     Code = "too_many_strings"
	StringsTooLarge    Code = "strings_too_large"
	MergeReference     Code = "merge_reference"
	TooManyMerges      Code = "too_many_merges"
	RepeatCount        Code = "repeat_count"
	TooManyRepetitions Code = "too_many_repetitions"
)

// Codes of refusals: CSV.
const (
	CSVEncoding   Code = "csv_encoding"
	CSVSeparator  Code = "csv_separator"
	CSVQuoteOpen  Code = "csv_quote_open"
	CSVQuoteAfter Code = "csv_quote_after"
	CSVNul        Code = "csv_nul"
	CSVRecord     Code = "csv_record_too_long"
	CSVFields     Code = "csv_too_many_fields"
)

// Codes of warnings.
const (
	// NameDiffers says that the content is of another format than the file
	// name says. Args: name, format.
	NameDiffers Code = "name_differs"
	// CodePage1251 says that a CSV file was not UTF-8 and was read as
	// Windows-1251 because its header then made sense.
	CodePage1251 Code = "code_page_1251"
)

var warnings = map[Code]string{
	NameDiffers:  "The file is named {name}, but it is a .{format} file; it was read as that.",
	CodePage1251: "The file is not in UTF-8 and was read in the Windows-1251 (Cyrillic) encoding. Check the names in it.",
}

const (
	saveAsXLSX = " Open it in your spreadsheet program and save it as .xlsx."
	saveAgain  = " Open it in your spreadsheet program, check it, and save it again as .xlsx; or send the original once more."
)

// refusals holds the English message of each code; {name} stands for an entry
// of Error.Args.
var refusals = map[Code]string{
	FileEmpty:         "The file is empty. Choose the file again, or save it once more.",
	FileTooLarge:      "The file has {size} bytes; at most {limit} are read. Split it into several files.",
	NotASpreadsheet:   "This is not a spreadsheet that can be read. Save the table as .xlsx, .ods or .csv.",
	PasswordProtected: "The file is protected by a password. Open it, take the password away (File, Info, Protect Workbook, Encrypt with Password, empty it) and save it as .xlsx.",
	OldExcel:          "This is a workbook of the old Excel 97–2003 format (.xls)." + saveAsXLSX,
	BinaryWorkbook:    "This is a binary Excel workbook (.xlsb)." + saveAsXLSX,
	WebPage:           "This is a web page (HTML), whatever its name says." + saveAsXLSX,
	ExcelXML2003:      "This is a workbook of the Excel XML 2003 format." + saveAsXLSX,
	PDFDocument:       "This is a PDF document. Save the table it was made from as .xlsx.",
	TextDocument:      "This is a text document of a word processor. Copy the table into a spreadsheet and save it as .xlsx.",
	Presentation:      "This is a presentation. Copy the table into a spreadsheet and save it as .xlsx.",
	AppleNumbers:      "This is a document of Apple Numbers. Export it as Excel (.xlsx) from Numbers.",
	Image:             "This is a picture. Save the table itself as .xlsx.",
	OtherArchive:      "This is an archive ({kind}). Unpack it and choose the table inside.",
	OtherZip:          "This is a zip archive and not a spreadsheet. Unpack it and choose the table inside.",
	OtherDocument:     "This is a document of another program ({kind}). Save the table as .xlsx.",
	OtherXML:          "This is an XML file of another kind (its root element is {root}). Save the table as .xlsx.",
	Sylk:              "This is a table of the SYLK format (.slk)." + saveAsXLSX,

	ZipDamaged:    "The file is damaged: its archive is broken ({detail})." + saveAgain,
	ZipCutOff:     "The file is cut off: the end of its archive is missing. Upload the whole file again.",
	ZipJunkBefore: "The file has foreign bytes before its archive." + saveAgain,
	ZipJunkAfter:  "The file has foreign bytes after its archive, or is damaged." + saveAgain,
	ZipEncrypted:  "A part of the file is encrypted. Save the file without a password as .xlsx.",
	ZipDuplicate:  "The archive holds two parts of one name, {name}; it cannot be told which is meant." + saveAgain,
	ZipMismatch:   "The archive gives one part two different descriptions; it is damaged or was tampered with." + saveAgain,
	ZipBadName:    "The archive holds a part with a forbidden name, {name}." + saveAgain,
	ZipLink:       "The archive holds a link, {name}, instead of a part." + saveAgain,
	ZipOverlap:    "Parts of the archive overlap; it is damaged or was tampered with." + saveAgain,
	ZipMethod:     "A part is packed by a method that is not used in spreadsheets (number {method})." + saveAgain,
	ZipChecksum:   "The file is damaged: the checksum of a part is wrong." + saveAgain,
	ZipSize:       "The file is damaged: a part has another size than the archive says." + saveAgain,
	ZipMultiDisk:  "The archive is split over several files. Save the table as one .xlsx file.",
	ZipTooMany:    "The archive has {count} entries; at most {limit} are read." + saveAgain,
	ZipBomb:       "A part unpacks to more than {limit} times its size, as only a harmful file does." + saveAgain,
	UnpackedLimit: "The file unpacks to more than {limit} bytes. Split it into several files.",

	XMLSyntax:       "The file is damaged: the XML of a part has an error ({detail})." + saveAgain,
	XMLDoctype:      "A part declares a document type (DOCTYPE), which no spreadsheet program writes and which can be harmful." + saveAgain,
	XMLEntity:       "A part uses an undeclared entity or an impossible character reference, {name}." + saveAgain,
	XMLEncoding:     "A part is in the encoding {name}; UTF-8 and UTF-16 are read." + saveAgain,
	XMLCharacters:   "The file is damaged: a part holds bytes that are no characters." + saveAgain,
	XMLTooDeep:      "The elements of a part are nested deeper than {limit}." + saveAgain,
	XMLAttributes:   "An element of a part has more than {limit} attributes." + saveAgain,
	XMLTokenTooLong: "One tag or text of a part is longer than {limit} bytes." + saveAgain,
	XMLCutOff:       "The file is damaged: a part ends too early." + saveAgain,

	PartMissing:        "The file is damaged: the part {name} is missing." + saveAgain,
	PartExternal:       "The sheet lies in another file ({target}), which is never fetched. Copy it into this workbook.",
	WorkbookBroken:     "The file is damaged: its list of sheets cannot be understood ({detail})." + saveAgain,
	NoSheets:           "The workbook has no sheets." + saveAgain,
	TooManySheets:      "The workbook has more than {limit} sheets. Leave only the ones that are needed.",
	SheetWithoutRows:   "This sheet has no rows of cells: it is a chart or a dialog. Choose another sheet.",
	SheetBroken:        "The sheet cannot be understood ({detail})." + saveAgain,
	AlternateContent:   "The rows of the sheet come in alternative versions; it cannot be told which one is meant." + saveAgain,
	RowNumber:          "The row number {value} is impossible." + saveAgain,
	RowOrder:           "Row {row} comes after row {previous}: the rows are out of order or doubled." + saveAgain,
	TooManyRows:        "The table has more than {limit} rows. Split it into several files.",
	CellReference:      "The cell address {value} is impossible." + saveAgain,
	CellOrder:          "Cell {value} comes after column {previous}: the cells are out of order or doubled." + saveAgain,
	CellWrongRow:       "Cell {value} stands in row {row}: the file contradicts itself." + saveAgain,
	RowTooLong:         "The texts of the row take more than {limit} bytes. Shorten them.",
	TooManyColumns:     "There is a value beyond column {limit}, the last one that is read. Delete the columns that are not needed.",
	CellType:           "The cell has the unknown type {value}." + saveAgain,
	CellValue:          "The cell does not hold what its type says: {value} ({type})." + saveAgain,
	CellStyle:          "The cell has style {value}, but the workbook has only {count} styles." + saveAgain,
	StylesTooLarge:     "The styles of the workbook take more than {limit} bytes. Copy the values into a new workbook.",
	StringIndex:        "The cell refers to text number {value}, but the workbook has only {count} texts." + saveAgain,
	StringsMissing:     "The file is damaged: the part with the texts is missing." + saveAgain,
	TooManyStrings:     "The workbook has more than {limit} different texts. Split it into several files.",
	StringsTooLarge:    "The texts of the workbook take more than {limit} bytes. Split it into several files.",
	MergeReference:     "The merged range {value} is impossible." + saveAgain,
	TooManyMerges:      "The sheet has more than {limit} merged ranges. Unmerge the cells.",
	RepeatCount:        "The repetition count {value} is impossible." + saveAgain,
	TooManyRepetitions: "More than {limit} cells of the sheet only repeat others. Delete what is not needed, and save it again.",

	CSVEncoding:   "The text is neither UTF-8 nor UTF-16, and its encoding cannot be told for certain. Save it as .xlsx, or as CSV UTF-8.",
	CSVSeparator:  "It cannot be told which character separates the columns: {candidates}. Save the table as .xlsx, or put sep=; (or the right one) into the first line.",
	CSVQuoteOpen:  "A quotation mark is opened here and never closed. Close it, or save the table as .xlsx.",
	CSVQuoteAfter: "Text follows a closing quotation mark. A quotation mark inside a text must be doubled; or save the table as .xlsx.",
	CSVNul:        "There is a NUL byte, so this is not a text. Save the table as .xlsx.",
	CSVRecord:     "The record is longer than {limit} bytes. A quotation mark or line end may be missing.",
	CSVFields:     "The record has more than {limit} fields.",
}
