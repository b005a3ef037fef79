package sheet_test

import (
	"bytes"
	"errors"
	"fmt"
	"log"
	"strings"

	"nadel/sheet"
)

// Reading a table: rows count only when all of them have been read.
func Example() {
	file := strings.NewReader("id;state\r\n7;open\r\n8;\r\n")
	book, err := sheet.Open(file, file.Size(), sheet.Options{Name: "list.csv"})
	if err != nil {
		log.Fatal(err) // says what the file is and what to do about it
	}
	defer book.Close()
	rows, err := book.Rows(0)
	if err != nil {
		log.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		row := rows.Row()
		fmt.Printf("row %d:", row.Number)
		for _, cell := range row.Cells {
			fmt.Printf(" %s=%s", sheet.ColumnName(cell.Col), cell.Text)
		}
		fmt.Println()
	}
	if err := rows.Err(); err != nil {
		log.Fatal(err) // nothing that was read may be used
	}
	// Output:
	// row 1: A=id B=state
	// row 2: A=7 B=open
	// row 3: A=8
}

// A file that is not what it seems is refused by name.
func ExampleOpen_refused() {
	page := strings.NewReader("<html><table><tr><td>1</td></tr></table></html>")
	_, err := sheet.Open(page, page.Size(), sheet.Options{Name: "report.xlsx"})
	var refusal *sheet.Error
	if errors.As(err, &refusal) {
		fmt.Println(refusal.Code)
		fmt.Println(refusal)
	}
	// Output:
	// web_page
	// This is a web page (HTML), whatever its name says. Open it in your spreadsheet program and save it as .xlsx.
}

// Writing a workbook with a frozen header, a drop-down and a column of text, in
// which nothing that is typed becomes a formula.
func ExampleWriter() {
	var out bytes.Buffer
	w, err := sheet.NewWriter(&out, sheet.XLSX)
	if err != nil {
		log.Fatal(err)
	}
	err = w.Sheet(sheet.Spec{
		Name:       "List",
		FreezeRows: 1,
		Columns:    []sheet.Column{{Width: 8}, {Width: 30, Text: true}},
		Validations: []sheet.Validation{
			{Col: 1, FirstRow: 2, LastRow: 1000, List: []string{"open", "closed"}, Strict: true},
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	rows := [][]sheet.Value{
		{{Kind: sheet.Text, Text: "id", Style: sheet.Header}, {Kind: sheet.Text, Text: "state", Style: sheet.Header}},
		{{Kind: sheet.Number, Text: "7"}, {Kind: sheet.Text, Text: "=open"}},
	}
	for _, row := range rows {
		if err := w.Row(row); err != nil {
			log.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		log.Fatal(err)
	}
	book, err := sheet.Open(bytes.NewReader(out.Bytes()), int64(out.Len()), sheet.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer book.Close()
	read, err := book.Rows(0)
	if err != nil {
		log.Fatal(err)
	}
	for read.Next() {
		for _, cell := range read.Row().Cells {
			fmt.Printf("%s %s; ", cell.Kind, cell.Text)
		}
	}
	fmt.Println(read.Err())
	// Output:
	// text id; text state; number 7; text =open; <nil>
}
