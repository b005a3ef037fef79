//go:build race

package sheet_test

// raced is set when the race detector runs: it makes everything ten times as
// slow and large, so that costs are not measured and long loops are shortened.
const raced = true
