package sheet_test

import (
	"bytes"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/xuri/excelize/v2"

	"nadel/sheet"
)

// rounds is how often the tests of damage go through every byte; set
// SHEET_ROUNDS to raise it.
func rounds() int {
	if n, err := strconv.Atoi(os.Getenv("SHEET_ROUNDS")); err == nil && n > 0 {
		return n
	}
	return 1
}

// smallArchives are small packed files by different programs.
func smallArchives(t testing.TB) map[string][]byte {
	files := map[string][]byte{
		"our own.xlsx":   write(t, sheet.XLSX, sheet.Spec{Name: "1", FreezeRows: 1}, everyKind),
		"our own.ods":    write(t, sheet.ODS, sheet.Spec{Name: "1"}, everyKind),
		"by hand.xlsx":   byHand(t, nil),
		"excel-like":     excelLike(5, true, false),
		"excelize.xlsx":  byExcelize(t),
		"excel-like.str": excelLike(5, false, false),
	}
	for _, p := range programs {
		if !strings.HasSuffix(p.file, ".fods") { // no checksums there
			files[p.file] = readFile(t, p.file)
		}
	}
	return files
}

func byExcelize(t testing.TB) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	for cell, value := range map[string]any{"A1": "ID", "B1": "Статус", "A2": 1, "B2": true, "A3": 2.5, "B3": "x"} {
		if err := f.SetCellValue("Sheet1", cell, value); err != nil {
			t.Fatal(err)
		}
	}
	buf, err := f.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// The first law: whatever one byte of a packed file becomes, and wherever the
// file is cut, it is refused or read as the same table.
func TestDamageIsNeverAnotherTable(t *testing.T) {
	var changed, cut, refused atomic.Int64
	for name, data := range smallArchives(t) {
		t.Run(name, func(t *testing.T) {
			want, err := readAll(data, sheet.Options{})
			if err != nil {
				t.Fatal(err)
			}
			parallel(len(data), func(i int) {
				if raced && i%29 != 0 {
					return
				}
				damaged := bytes.Clone(data)
				for round := range rounds() {
					// Single bits first, then any other value.
					damaged[i] = data[i] ^ byte(1<<((i+round)%8))
					if round >= 8 {
						damaged[i] = data[i] + byte(round*37+1)
					}
					if damaged[i] == data[i] {
						continue
					}
					changed.Add(1)
					got, err := readAll(damaged, sheet.Options{})
					if err != nil {
						refused.Add(1)
					} else if got != want {
						t.Errorf("byte %d changed from %#x to %#x gives another table:\n%s", i, data[i], damaged[i], got)
					}
				}
				cut.Add(1)
				got, err := readAll(data[:i], sheet.Options{})
				if err == nil && got != want {
					t.Errorf("cut at byte %d it gives another table:\n%s", i, got)
				}
			})
		})
	}
	t.Logf("%d changes of one byte (%d refused, the others read as the same), %d cuts", changed.Load(), refused.Load(), cut.Load())
}

// parallel calls f for 0 to n-1 on all processors.
func parallel(n int, f func(int)) {
	var next atomic.Int64
	var all sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				f(i)
			}
		})
	}
	all.Wait()
}
