package sheet

// Limits bounds what reading a file may cost. A zero field means the default.
// What is over a limit is refused with a code of its own, never cut.
type Limits struct {
	FileBytes     int64 // size of the file; 50 MiB
	Entries       int   // entries of the zip archive; 4,096
	UnpackedBytes int64 // of all parts inflated for one sheet; 512 MiB
	Ratio         int64 // inflated to packed size of a part, above RatioAfter; 200
	RatioAfter    int64 // bytes that a part may inflate to at any ratio; 1 MiB
	StyleBytes    int64 // inflated size of the styles of an .xlsx; 8 MiB
	Depth         int   // nesting of XML elements; 64
	Attributes    int   // attributes of one element; 256
	TokenBytes    int   // one tag, one run of text, or one cell's joined text; 1 MiB
	Sheets        int   // sheets of a workbook; 1,024
	Rows          int   // rows of a sheet; 1,048,576
	RowBytes      int   // all texts of a row; 8 MiB
	Columns       int   // columns that hold something; 256
	CellChars     int   // UTF-16 units, as Excel counts, before Cell.TooLong; 32,767
	Merges        int   // merged ranges of a sheet; 65,536
	Strings       int   // shared strings of an .xlsx; 4,194,304
	StringBytes   int64 // their text; 256 MiB
	RepeatedCells int   // cells of an .ods that exist only as repetitions; 4,194,304
	RecordBytes   int   // one CSV record; 1 MiB
	Fields        int   // fields of one CSV record; 1,024
}

func (l Limits) withDefaults() Limits {
	def(&l.FileBytes, 50<<20)
	def(&l.Entries, 4096)
	def(&l.UnpackedBytes, 512<<20)
	def(&l.Ratio, 200)
	def(&l.RatioAfter, 1<<20)
	def(&l.StyleBytes, 8<<20)
	def(&l.Depth, 64)
	def(&l.Attributes, 256)
	def(&l.TokenBytes, 1<<20)
	def(&l.Sheets, 1024)
	def(&l.Rows, 1048576)
	def(&l.RowBytes, 8<<20)
	def(&l.Columns, 256)
	def(&l.CellChars, 32767)
	def(&l.Merges, 65536)
	def(&l.Strings, 4<<20)
	def(&l.StringBytes, 256<<20)
	def(&l.RepeatedCells, 4<<20)
	def(&l.RecordBytes, 1<<20)
	def(&l.Fields, 1024)
	return l
}

func def[T int | int64](field *T, value T) {
	if *field == 0 {
		*field = value
	}
}
