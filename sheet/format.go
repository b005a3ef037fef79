package sheet

import (
	"path"
	"strings"
)

// Format is a kind of file that the package reads and writes. Its text is the
// usual file extension.
type Format string

// The formats. A workbook with macros (.xlsm) or a template (.xltx) is read as
// XLSX; the macros are never looked at. FODS is read, and not written.
const (
	XLSX Format = "xlsx"
	ODS  Format = "ods"
	FODS Format = "fods"
	CSV  Format = "csv"
	TSV  Format = "tsv"
)

// FormatOf returns the format that a file of this name should be written in,
// judged by its extension alone, and whether there is one. Reading does not
// need it: [Open] looks at the content.
func FormatOf(name string) (Format, bool) {
	ext := strings.ToLower(path.Ext(strings.ReplaceAll(name, `\`, "/")))
	switch f := Format(strings.TrimPrefix(ext, ".")); f {
	case XLSX, ODS, FODS, CSV, TSV:
		return f, true
	}
	return "", false
}
