package sheet_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"nadel/sheet"
)

// Files made to do harm. Each must be refused, or read, within 64 MiB more than
// a trivial file takes and 5 s of processor time.
func hostileFiles(t *testing.T) map[string][]byte {
	big := func(n int, piece string) string { return strings.Repeat(piece, n/len(piece)+1) }
	sheetOf := func(body func(io.Writer)) []byte {
		parts := byHandParts()
		delete(parts, "xl/worksheets/sheet1.xml")
		return packStream(t, parts, "xl/worksheets/sheet1.xml", body)
	}
	const open = `<worksheet ` + xmlMain + `><sheetData>`
	rng := rand.New(rand.NewPCG(3, 4))
	noise := make([]byte, 1<<20)
	for i := range noise {
		noise[i] = byte('a' + rng.IntN(26))
	}
	repeat := func(head, piece string, n int) []byte {
		return sheetOf(func(w io.Writer) {
			io.WriteString(w, head)
			block := big(64<<10, piece)
			for range n / len(block) {
				io.WriteString(w, block)
			}
		})
	}
	const mb = 1 << 20
	files := map[string][]byte{
		"a bomb of blanks":         repeat(open, " ", 100*mb),
		"a bomb of empty rows":     repeat(open, "<row/>", 100*mb),
		"a bomb of one tag":        repeat(open+"<row x='", "xxxxxxxx", 20*mb),
		"a bomb of one text":       repeat(open+"<row><c t='inlineStr'><is><t>", "xxxxxxxx", 20*mb),
		"a bomb of one comment":    repeat("<!--", "xxxxxxxx", 20*mb),
		"elements without an end":  repeat(open, "<row>", 20*mb),
		"many attributes":          repeat(open, "<row "+attributes(250)+"/>", 20*mb),
		"long names, deep":         repeat("<worksheet "+xmlMain+">", "<"+strings.Repeat("n", 900)+">", 20*mb),
		"many relationships":       byHand(t, map[string]string{"xl/_rels/workbook.xml.rels": "<Relationships " + xmlRels + ">" + numbered(500000, `<Relationship Id="r%d" Type="x" Target="y"/>`) + "</Relationships>"}),
		"many sheets":              byHand(t, map[string]string{"xl/workbook.xml": "<workbook " + xmlMain + " " + xmlRel + "><sheets>" + numbered(300000, `<sheet name="%d" r:id="x"/>`) + "</sheets></workbook>"}),
		"many number formats":      byHand(t, map[string]string{"xl/styles.xml": "<styleSheet " + xmlMain + "><numFmts>" + numbered(500000, `<numFmt numFmtId="%d" formatCode="d"/>`) + "</numFmts></styleSheet>"}),
		"many merged ranges":       byHand(t, map[string]string{"xl/worksheets/sheet1.xml": "<worksheet " + xmlMain + "><sheetData/><mergeCells>" + numbered(300000, `<mergeCell ref="A1:B%d"/>`) + "</mergeCells></worksheet>"}),
		"a row of long texts":      withRows(t, `<row r="1">`+strings.Repeat(`<c t="inlineStr"><is><t>`+string(noise[:mb-1000])+`</t></is></c>`, 12)+`</row>`),
		"references without end":   repeat(open+"<row><c t='inlineStr'><is><t>", "&lt;", 20*mb),
		"commas":                   []byte(big(33*mb, ",")),
		"one line":                 []byte("a;b\n" + big(45*mb, "x")),
		"quotation marks":          []byte("a;b\n" + big(45*mb, "\"")),
		"an open quotation mark":   []byte("a;b\n\"" + big(45*mb, "x\n")),
		"line ends":                []byte("a;b\n" + big(45*mb, "\n")),
		"NULs":                     []byte("a;b\n" + big(45*mb, "\x00")),
		"a million short records":  []byte("a;b\n" + big(20*mb, "1;2\n")),
		"flat, a million repeats":  flat(`<table:table-row table:number-rows-repeated="1048576"><table:table-cell table:number-columns-repeated="200" office:value-type="float" office:value="1"/></table:table-row>`),
		"flat, repeats of nothing": flat(strings.Repeat(`<table:table-row table:number-rows-repeated="1048576"><table:table-cell table:number-columns-repeated="16384"/></table:table-row>`, 100000)),
		"flat, many hidden styles": []byte(odsRoot + numbered(200000, `<style:style style:name="s%d"><style:table-properties table:display="false"/></style:style>`) + "</office:document>"),
		"brackets":                 []byte(big(45*mb, "<a>")),
		"an archive of directories": rawZip(func() (l []rawEntry) {
			for i := range 60000 {
				l = append(l, rawEntry{name: strconv.Itoa(i) + "/", stored: true})
			}
			return l
		}()),
		"rows nobody sees": sheetOf(func(w io.Writer) { // as large as it may be, below every ratio
			io.WriteString(w, open)
			n := 60 * rounds()
			for i := range n * 8 {
				fmt.Fprintf(w, "<!--%s-->%s", noise[i*977%mb/2:][:1000], strings.Repeat(`<x a="1"/>`, 12000))
			}
			io.WriteString(w, "</sheetData></worksheet>")
		}),
	}
	return files
}

func numbered(n int, format string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i+1000)
	}
	return b.String()
}

// packStream is pack with one more part that is too large for a string.
func packStream(t *testing.T, parts map[string]string, name string, body func(io.Writer)) []byte {
	t.Helper()
	var out bytes.Buffer
	zw := zip.NewWriter(&out)
	for n, text := range parts {
		w, err := zw.Create(n)
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(w, text)
	}
	w, err := zw.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	body(w)
	if err := zw.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

const childFile = "SHEET_CHILD_FILE"

// TestMain makes the test binary read one file and report what it took, when it
// is asked to: memory can only be told for a process of its own.
func TestMain(m *testing.M) {
	if name := os.Getenv(childFile); name != "" {
		child(name)
		return
	}
	if f := os.Getenv(childWrite); f != "" {
		childWriting(sheet.Format(f))
		return
	}
	os.Exit(m.Run())
}

func child(name string) {
	f, err := os.Open(name)
	if err != nil {
		panic(err)
	}
	info, err := f.Stat()
	if err != nil {
		panic(err)
	}
	start := time.Now()
	cpu := cpuTime()
	rows, err := readQuietly(f, info.Size())
	fmt.Printf("peak %d cpu %d wall %d rows %d %s\n", peakMemory(), (cpuTime() - cpu).Milliseconds(), time.Since(start).Milliseconds(), rows, codeOf(err))
}

func readQuietly(r io.ReaderAt, size int64) (int, error) {
	b, err := sheet.Open(r, size, sheet.Options{})
	if err != nil {
		return 0, err
	}
	defer b.Close()
	rows, err := b.Rows(0)
	if err != nil {
		return 0, err
	}
	n := 0
	for rows.Next() {
		n++
	}
	return n, rows.Err()
}

// peakMemory returns the most bytes of memory that the process has had.
func peakMemory() int64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		panic(err)
	}
	_, after, _ := strings.Cut(string(status), "VmHWM:")
	n, err := strconv.ParseInt(strings.Fields(after)[0], 10, 64)
	if err != nil {
		panic(err)
	}
	return n << 10
}

// cost is what reading a file took in a process of its own.
type cost struct {
	peak      int64
	cpu, wall int64 // ms
	rows      int
	code      string
}

func measure(t testing.TB, name string, data []byte) cost {
	t.Helper()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childFile+"="+file)
	out, err := cmd.CombinedOutput()
	var c cost
	fields := strings.Fields(string(out))
	if err != nil || len(fields) < 8 {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
	fmt.Sscan(fields[1], &c.peak)
	fmt.Sscan(fields[3], &c.cpu)
	fmt.Sscan(fields[5], &c.wall)
	fmt.Sscan(fields[7], &c.rows)
	if len(fields) > 8 {
		c.code = fields[8]
	}
	return c
}

func TestHostileFilesCostLittle(t *testing.T) {
	if runtime.GOOS != "linux" || raced {
		t.Skip("the peak is read as Linux tells it, and the race detector takes memory and time of its own")
	}
	idle := measure(t, "idle", byHand(t, nil))
	var worst cost
	n := 0
	for name, data := range hostileFiles(t) {
		n++
		c := measure(t, name, data)
		over := c.peak - idle.peak
		worst.peak, worst.cpu = max(worst.peak, over), max(worst.cpu, c.cpu)
		if over > 64<<20 || c.cpu > 5000 || strings.HasPrefix(c.code, "not") && c.code != "not_a_spreadsheet" {
			t.Errorf("%s (%d bytes) took %d MiB over idle and %d ms; %d rows, %s", name, len(data), over>>20, c.cpu, c.rows, c.code)
		} else {
			t.Logf("%-26s %9d bytes %3d MiB %5d ms  %7d rows %s", name, len(data), over>>20, c.cpu, c.rows, c.code)
		}
	}
	t.Logf("%d files; at most %d MiB over idle and %d ms", n, worst.peak>>20, worst.cpu)
}
