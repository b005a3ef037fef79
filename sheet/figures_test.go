package sheet_test

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"nadel/sheet"
)

// TestFigures prints the table of docs/benchmarks.md. It takes minutes, so it
// runs only when SHEET_FIGURES is set; the benchmarks run the same code small.
func TestFigures(t *testing.T) {
	if os.Getenv("SHEET_FIGURES") == "" {
		t.Skip("it measures for minutes; SHEET_FIGURES=1 runs it, and the benchmarks run the same code small")
	}
	fmt.Printf("%s, %s, %d processors\n", cpuModel(), runtime.Version(), runtime.NumCPU())
	fmt.Print("\n| reading .xlsx | floor | sheet | sheet / floor | excelize | excelize / sheet | peak over idle |\n|---|---|---|---|---|---|---|\n")
	idle := measure(t, "idle", byHand(t, nil))
	for _, n := range []int{100000, 1000000} {
		for _, how := range []string{"shared", "inline", "distinct"} {
			data := excelLike(n, how != "inline", how == "distinct")
			name := fmt.Sprintf("%d rows, %s", n, how)
			readingLine(name, data, measure(t, name, data).peak-idle.peak, func() { floorXLSX(data) }, func() { excelizeXLSX(data) })
		}
	}
	fmt.Print("\n| reading .csv | floor | sheet | sheet / floor |\n|---|---|---|---|\n")
	for _, n := range []int{100000, 1000000} {
		data := csvTable(n)
		floor, own := timing(9, func() { floorCSV(data) }), timing(9, func() { sheetXLSX(data) })
		fmt.Printf("| %d rows | %v | %v | %.2f |\n", n, floor, own, ratio(own.cpu, floor.cpu))
	}
	fmt.Print("\n| writing 5 columns | sheet | excelize | excelize / sheet, wall | excelize / sheet, CPU | peak over idle |\n|---|---|---|---|---|---|\n")
	for _, n := range []int{100000, 1000000} {
		other := timing(1, func() { writeExcelize(n) })
		for _, f := range []sheet.Format{sheet.XLSX, sheet.ODS, sheet.CSV} {
			own := timing(3, func() { writeSheet(f, n) })
			fmt.Printf("| %d rows, .%s | %v | %v | %.1f | %.1f | %d MiB |\n", n, f, own, other,
				ratio(other.wall, own.wall), ratio(other.cpu, own.cpu), (writingPeak(t, f, n)-idle.peak)>>20)
		}
	}
}

func readingLine(name string, data []byte, peak int64, floorRead, otherRead func()) {
	floor, own := timing(7, floorRead), timing(7, func() { sheetXLSX(data) })
	other := timing(1, otherRead)
	fmt.Printf("| %s | %v | %v | %.2f | %v | %.1f | %d MiB |\n", name, floor, own, ratio(own.cpu, floor.cpu), other, ratio(other.cpu, own.cpu), peak>>20)
}

// took is the time that something takes: on all processors, and by the clock.
type took struct{ cpu, wall time.Duration }

func (t took) String() string {
	return fmt.Sprintf("%.0f ms (%.0f)", float64(t.cpu.Microseconds())/1000, float64(t.wall.Microseconds())/1000)
}

// timing is the least of several runs: what disturbs a run only adds to it.
func timing(runs int, f func()) took {
	var best took
	for i := range runs {
		runtime.GC()
		cpu, wall := cpuTime(), time.Now()
		f()
		now := took{cpuTime() - cpu, time.Since(wall)}
		if i == 0 || now.cpu < best.cpu {
			best.cpu = now.cpu
		}
		if i == 0 || now.wall < best.wall {
			best.wall = now.wall
		}
	}
	return best
}

func ratio(a, b time.Duration) float64 { return float64(a) / float64(b) }

const childWrite = "SHEET_CHILD_WRITE"

// writingPeak is the peak memory of a process that writes n rows.
func writingPeak(t *testing.T, f sheet.Format, n int) int64 {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childWrite+"="+string(f), fmt.Sprintf("SHEET_CHILD_ROWS=%d", n))
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var peak int64
	fmt.Sscanf(string(out), "peak %d", &peak)
	return peak
}

func childWriting(f sheet.Format) {
	var n int
	fmt.Sscan(os.Getenv("SHEET_CHILD_ROWS"), &n)
	writeSheet(f, n)
	fmt.Printf("peak %d\n", peakMemory())
}

// Writing takes the same memory for ten times the rows.
func TestWritingIsConstantInMemory(t *testing.T) {
	if runtime.GOOS != "linux" || raced {
		t.Skip("the peak is read as Linux tells it, and the race detector takes memory of its own")
	}
	for _, f := range []sheet.Format{sheet.XLSX, sheet.ODS, sheet.CSV} {
		few, many := writingPeak(t, f, 20000), writingPeak(t, f, 200000)
		if many-few > 8<<20 {
			t.Errorf(".%s: 20,000 rows take %d MiB and 200,000 take %d MiB", f, few>>20, many>>20)
		}
	}
}

func cpuModel() string {
	info, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return runtime.GOARCH
	}
	_, after, _ := strings.Cut(string(info), "model name")
	line, _, _ := strings.Cut(after, "\n")
	return strings.TrimLeft(line, "\t :")
}
