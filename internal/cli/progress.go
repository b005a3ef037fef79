package cli

import (
	"fmt"
	"strings"
	"time"
)

// bar shows progress beside the answer: a moving bar on a terminal, and
// elsewhere one line each time something new begins.
type bar struct {
	*session
	label string
	drawn time.Time
	width int // of what is on the terminal's line
}

func (s *session) bar() *bar { return &bar{session: s} }

// show draws done of total; total may be 0 when it is not known yet.
func (b *bar) show(label string, done, total int64) {
	if !b.house.Terminal {
		if label != b.label {
			b.label = label
			b.complain(label)
		}
		return
	}
	const pace = 100 * time.Millisecond
	if label == b.label && time.Since(b.drawn) < pace {
		return
	}
	b.label, b.drawn = label, time.Now()
	line := label
	if total > 0 {
		const cells = 30
		full := int(min(done, total) * cells / total)
		line = fmt.Sprintf("%s  %s%s %3d %%", label, strings.Repeat("█", full), strings.Repeat("░", cells-full), min(done, total)*100/total)
	}
	width := len([]rune(line))
	_, _ = fmt.Fprintf(b.house.Err, "\r%s%s", line, strings.Repeat(" ", max(0, b.width-width)))
	b.width = width
}

// clear takes the bar off the terminal.
func (b *bar) clear() {
	if b.width > 0 {
		_, _ = fmt.Fprintf(b.house.Err, "\r%s\r", strings.Repeat(" ", b.width))
		b.width = 0
	}
}
