package plan

// A place says where in a file a row stands: in a workbook that is read as a
// whole, the sheet as well. Of an ordinary file the place is the row's number.

// sheetShift leaves room for rows, and for the numbers of records that follow
// others, below the sheet's number.
const sheetShift = 40

// Following is the sheet of rows that stand in no file: of records that follow
// the one they belong to. Their number is the record's.
const Following = 1 << 12

// At is the place of a row of a sheet; sheets count from 0.
func At(sheet int, row int64) int64 { return int64(sheet)<<sheetShift | row }

// SheetOf is the sheet of a place.
func SheetOf(place int64) int { return int(place >> sheetShift) }

// RowOf is the row's number within its sheet.
func RowOf(place int64) int64 { return place & (1<<sheetShift - 1) }

// Sheet is one sheet of a workbook that is read as a whole.
type Sheet struct {
	Kind    string            `json:"kind"` // name of the entity
	Sheet   string            `json:"sheet"`
	Columns map[string]Column `json:"columns"`
}
