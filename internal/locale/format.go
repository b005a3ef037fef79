package locale

import (
	"strconv"
	"time"
)

// format is how a language writes numbers and dates. It is kept in the message
// file, so that a language is one file.
type format struct {
	thousands, decimal string
	day, moment        string // layouts of package time
}

func (l *Locale) readFormat() format {
	return format{
		thousands: l.T("format.thousands"),
		decimal:   l.T("format.decimal"),
		day:       l.T("format.day"),
		moment:    l.T("format.moment"),
	}
}

// Number is a whole number in groups of three digits: 12 345 with no-break
// spaces, or 12,345.
func (l *Locale) Number(n int64) string {
	digits := strconv.FormatInt(n, 10)
	start := 0
	if n < 0 {
		start = 1
	}
	out := make([]byte, 0, len(digits)*2)
	for i := range digits {
		if left := len(digits) - i; i > start && left%3 == 0 {
			out = append(out, l.format.thousands...)
		}
		out = append(out, digits[i])
	}
	return string(out)
}

// Date is a calendar date, given as ISO text: 01.03.2026. What is not a date is
// shown as it is.
func (l *Locale) Date(iso string) string {
	t, err := time.Parse(time.DateOnly, iso)
	if err != nil {
		return iso
	}
	return t.Format(l.format.day)
}

// Day is the date of an instant, as the clocks of zone show it; empty for the
// zero time.
func (l *Locale) Day(t time.Time, zone *time.Location) string {
	if t.IsZero() {
		return ""
	}
	return t.In(zone).Format(l.format.day)
}

// DateTime is an instant to the minute, as the clocks of zone show it; empty for
// the zero time.
func (l *Locale) DateTime(t time.Time, zone *time.Location) string {
	if t.IsZero() {
		return ""
	}
	return t.In(zone).Format(l.format.moment)
}
