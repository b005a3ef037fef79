package sheet_test

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"sync"
	"testing"

	"github.com/xuri/excelize/v2"

	"nadel/sheet"
)

// writeRows are rows of five columns, as an export for editing has them, made
// beforehand so that making them is not measured.
var writeRows = sync.OnceValue(func() [][]sheet.Value {
	rows := make([][]sheet.Value, 8192)
	for i := range rows {
		id, state, names := benchRow(i)
		rows[i] = []sheet.Value{number(id), text("Компания № " + strconv.Itoa(i)), text(state), text(names), number("1")}
	}
	return rows
})

// excelizeRows are the same for excelize.
var excelizeRows = sync.OnceValue(func() [][]any {
	rows := make([][]any, len(writeRows()))
	for i, row := range writeRows() {
		for _, v := range row {
			if v.Kind != sheet.Number {
				rows[i] = append(rows[i], v.Text)
				continue
			}
			n, _ := strconv.Atoi(v.Text)
			rows[i] = append(rows[i], n)
		}
	}
	return rows
})

func writeSheet(f sheet.Format, n int) {
	w, err := sheet.NewWriter(io.Discard, f)
	if err != nil {
		panic(err)
	}
	err = w.Sheet(sheet.Spec{Name: "S", FreezeRows: 1, Columns: []sheet.Column{{Width: 10}, {Width: 40}, {Width: 20}, {Width: 40, Text: true}, {Hidden: true}}})
	rows := writeRows()
	for i := 1; i <= n && err == nil; i++ {
		err = w.Row(rows[i%len(rows)])
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
	rows := excelizeRows()
	for i := 1; i <= n && err == nil; i++ {
		err = s.SetRow("A"+strconv.Itoa(i), rows[i%len(rows)])
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
