package sheet_test

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"testing"

	"github.com/xuri/excelize/v2"

	"nadel/sheet"
)

// writeRow is a row of five columns, as an export for editing has them.
func writeRow(i int, row []sheet.Value) {
	id, state, names := benchRow(i)
	row[0] = sheet.Value{Kind: sheet.Number, Text: id}
	row[1] = sheet.Value{Kind: sheet.Text, Text: "Компания № " + strconv.Itoa(i)}
	row[2] = sheet.Value{Kind: sheet.Text, Text: state}
	row[3] = sheet.Value{Kind: sheet.Text, Text: names}
	row[4] = sheet.Value{Kind: sheet.Number, Text: "1"}
}

func writeSheet(f sheet.Format, n int) {
	w, err := sheet.NewWriter(io.Discard, f)
	if err != nil {
		panic(err)
	}
	err = w.Sheet(sheet.Spec{Name: "S", FreezeRows: 1, Columns: []sheet.Column{{Width: 10}, {Width: 40}, {Width: 20}, {Width: 40, Text: true}, {Hidden: true}}})
	row := make([]sheet.Value, 5)
	for i := 1; i <= n && err == nil; i++ {
		writeRow(i, row)
		err = w.Row(row)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		panic(err)
	}
}

func writeExcelize(n int) {
	f := excelize.NewFile()
	defer f.Close()
	s, err := f.NewStreamWriter("Sheet1")
	row := make([]sheet.Value, 5)
	cells := make([]any, 5)
	for i := 1; i <= n && err == nil; i++ {
		writeRow(i, row)
		for k, v := range row {
			cells[k] = v.Text
			if v.Kind == sheet.Number {
				cells[k], _ = strconv.Atoi(v.Text)
			}
		}
		err = s.SetRow("A"+strconv.Itoa(i), cells)
	}
	if err == nil {
		err = s.Flush()
	}
	if err == nil {
		err = f.Write(io.Discard)
	}
	if err != nil {
		panic(err)
	}
}

// csvTable is the table of the reading benchmarks as CSV.
func csvTable(n int) []byte {
	var b bytes.Buffer
	b.WriteString("\uFEFFID;Статус;Ответственные\r\n")
	for i := 1; i <= n; i++ {
		id, state, names := benchRow(i)
		fmt.Fprintf(&b, "%s;%s;%s\r\n", id, state, names)
	}
	return b.Bytes()
}

// floorCSV is a bare loop over the bytes that finds the separators, as simple
// as one writes it.
func floorCSV(data []byte) int {
	fields := 0
	for _, c := range data {
		switch c {
		case ';', '\n', '"':
			fields++
		}
	}
	return fields
}

func BenchmarkCSV(b *testing.B) {
	data := benchFile("csv", func() []byte { return csvTable(100000) })
	for _, reader := range []struct {
		name string
		read func([]byte) int
	}{{"floor", floorCSV}, {"sheet", sheetXLSX}} {
		b.Run(reader.name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				reader.read(data)
			}
		})
	}
}

func BenchmarkWrite(b *testing.B) {
	const n = 100000
	for _, writer := range []struct {
		name  string
		write func(int)
	}{
		{"xlsx", func(n int) { writeSheet(sheet.XLSX, n) }},
		{"ods", func(n int) { writeSheet(sheet.ODS, n) }},
		{"csv", func(n int) { writeSheet(sheet.CSV, n) }},
		{"excelize", writeExcelize},
	} {
		b.Run(writer.name, func(b *testing.B) {
			b.ReportAllocs()
			start := cpuTime()
			for b.Loop() {
				writer.write(n)
			}
			b.ReportMetric(float64((cpuTime()-start).Milliseconds())/float64(b.N), "cpu-ms/op")
		})
	}
}
