package sheet_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"strconv"
	"sync"
	"testing"

	"github.com/xuri/excelize/v2"

	"nadel/sheet"
)

// benchTable is what the benchmarks read: an edit list of ids, states and a few
// thousand different lists of names.
func benchRow(i int) (id, state, names string) {
	states := [...]string{"Активировать", "", "Деактивировать"}
	a, b := i*7919%2000, i*104729%2000
	names = fmt.Sprintf("user%03d, user%03d", a, b%50)
	return strconv.Itoa(100000 + i), states[i%3], names
}

// excelLike makes a workbook of n rows in the shape in which Excel writes one,
// with shared strings or with texts in the cells. With distinct no two names are
// the same.
func excelLike(n int, shared, distinct bool) []byte {
	var out bytes.Buffer
	zw := zip.NewWriter(&out)
	part := func(name, body string) {
		w, _ := zw.Create(name)
		io.WriteString(w, body)
	}
	const head = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\r\n"
	const main = `xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"`
	const rels = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	part("[Content_Types].xml", head+`<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/><Override PartName="/xl/sharedStrings.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/></Types>`)
	part("_rels/.rels", head+`<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="`+rels+`/officeDocument" Target="xl/workbook.xml"/></Relationships>`)
	part("xl/workbook.xml", head+`<workbook `+main+` xmlns:r="`+rels+`"><sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>`)
	part("xl/_rels/workbook.xml.rels", head+`<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="`+rels+`/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="`+rels+`/sharedStrings" Target="sharedStrings.xml"/></Relationships>`)

	index, list := map[string]int{}, []string{}
	w, _ := zw.Create("xl/worksheets/sheet1.xml")
	b := []byte(head + `<worksheet ` + main + ` xmlns:r="` + rels + `"><dimension ref="A1:C` + strconv.Itoa(n) + `"/><sheetViews><sheetView tabSelected="1" workbookViewId="0"/></sheetViews><sheetFormatPr defaultRowHeight="15"/><sheetData>`)
	text := func(col byte, row int, s string) {
		if s == "" {
			return
		}
		b = fmt.Appendf(b, `<c r="%c%d" t="`, col, row)
		if !shared {
			b = fmt.Appendf(b, `inlineStr"><is><t>%s</t></is></c>`, s)
			return
		}
		k, ok := index[s]
		if !ok {
			k = len(list)
			index[s] = k
			list = append(list, s)
		}
		b = fmt.Appendf(b, `s"><v>%d</v></c>`, k)
	}
	for i := 1; i <= n; i++ {
		id, state, names := benchRow(i)
		if distinct {
			names += ", user" + strconv.Itoa(i)
		}
		b = fmt.Appendf(b, `<row r="%d" spans="1:3"><c r="A%d"><v>%s</v></c>`, i, i, id)
		text('B', i, state)
		text('C', i, names)
		b = append(b, `</row>`...)
		if len(b) > 60000 {
			w.Write(b)
			b = b[:0]
		}
	}
	w.Write(append(b, `</sheetData><pageMargins left="0.7" right="0.7" top="0.75" bottom="0.75" header="0.3" footer="0.3"/></worksheet>`...))
	w, _ = zw.Create("xl/sharedStrings.xml")
	b = fmt.Appendf(nil, head+`<sst %s count="%d" uniqueCount="%d">`, main, len(list), len(list))
	for _, s := range list {
		b = fmt.Appendf(b, `<si><t>%s</t></si>`, s)
	}
	w.Write(append(b, `</sst>`...))
	zw.Close()
	return out.Bytes()
}

var benchFiles = struct {
	sync.Mutex
	made map[string][]byte
}{made: map[string][]byte{}}

// benchFile makes a file once.
func benchFile(name string, make func() []byte) []byte {
	benchFiles.Lock()
	defer benchFiles.Unlock()
	if benchFiles.made[name] == nil {
		benchFiles.made[name] = make()
	}
	return benchFiles.made[name]
}

// floorXLSX is the least that reading can cost with the standard library: the
// parts that are needed are inflated, and every byte is looked at and forgotten.
func floorXLSX(data []byte) int {
	zr, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		panic(err)
	}
	tags := 0
	buf := make([]byte, 64<<10)
	for _, name := range []string{"xl/sharedStrings.xml", "xl/worksheets/sheet1.xml"} {
		f, err := zr.Open(name)
		if err != nil {
			panic(err)
		}
		for {
			n, err := f.Read(buf)
			for _, c := range buf[:n] {
				if c == '<' {
					tags++
				}
			}
			if err == io.EOF {
				break
			}
			if err != nil {
				panic(err)
			}
		}
	}
	return tags
}

func sheetXLSX(data []byte) int {
	b, err := sheet.Open(bytes.NewReader(data), int64(len(data)), sheet.Options{})
	if err != nil {
		panic(err)
	}
	defer b.Close()
	rows, err := b.Rows(0)
	if err != nil {
		panic(err)
	}
	cells := 0
	for rows.Next() {
		cells += len(rows.Row().Cells)
	}
	if rows.Err() != nil {
		panic(rows.Err())
	}
	return cells
}

func excelizeXLSX(data []byte) int {
	f, err := excelize.OpenReader(bytes.NewReader(data))
	if err != nil {
		panic(err)
	}
	defer f.Close()
	rows, err := f.Rows("Sheet1")
	if err != nil {
		panic(err)
	}
	defer rows.Close()
	cells := 0
	for rows.Next() {
		c, err := rows.Columns()
		if err != nil {
			panic(err)
		}
		cells += len(c)
	}
	return cells
}

func BenchmarkRead(b *testing.B) {
	for _, shared := range []bool{true, false} {
		how := map[bool]string{true: "shared", false: "inline"}[shared]
		data := benchFile("xlsx/"+how, func() []byte { return excelLike(100000, shared, false) })
		for _, reader := range []struct {
			name string
			read func([]byte) int
		}{{"floor", floorXLSX}, {"sheet", sheetXLSX}, {"excelize", excelizeXLSX}} {
			b.Run(how+"/"+reader.name, func(b *testing.B) {
				b.ReportAllocs()
				start := cpuTime()
				for b.Loop() {
					reader.read(data)
				}
				b.ReportMetric(float64((cpuTime()-start).Milliseconds())/float64(b.N), "cpu-ms/op")
			})
		}
	}
}
