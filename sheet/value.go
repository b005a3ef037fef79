package sheet

import (
	"fmt"
	"math"
	"strconv"
	"time"
)

// isNumber reports whether s is a number as XML Schema writes a finite double:
// digits with an optional sign, fraction and exponent.
func isNumber[T string | []byte](s T) bool {
	i, n := 0, len(s)
	if i < n && (s[i] == '-' || s[i] == '+') {
		i++
	}
	start := i
	for i < n && '0' <= s[i] && s[i] <= '9' {
		i++
	}
	digits := i - start
	if i < n && s[i] == '.' {
		i++
		start = i
		for i < n && '0' <= s[i] && s[i] <= '9' {
			i++
		}
		digits += i - start
	}
	if digits == 0 {
		return false
	}
	if i < n && (s[i] == 'e' || s[i] == 'E') {
		i++
		if i < n && (s[i] == '-' || s[i] == '+') {
			i++
		}
		start = i
		for i < n && '0' <= s[i] && s[i] <= '9' {
			i++
		}
		if i == start {
			return false
		}
	}
	return i == n
}

// isErrorValue reports whether s looks like #N/A, #NAME? or #DIV/0!. The set is
// open: spreadsheet programs keep adding to it.
func isErrorValue[T string | []byte](s T) bool {
	if len(s) < 2 || len(s) > 32 || s[0] != '#' {
		return false
	}
	for i := 1; i < len(s); i++ {
		c := s[i]
		if !('A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '/' || c == '!' || c == '?' || c == '_') {
			return false
		}
	}
	return true
}

var isoLayouts = []string{"2006-01-02", "2006-01-02T15:04:05", "2006-01-02T15:04:05.999999999",
	"2006-01-02T15:04", "2006-01-02T15:04:05Z07:00"}

func parseISODate(s string) (time.Time, bool) {
	for _, layout := range isoLayouts {
		if t, err := time.Parse(layout, s); err == nil {
			return t, t.Year() >= 1
		}
	}
	return time.Time{}, false
}

func isISODate(s string) bool {
	t, ok := parseISODate(s)
	// Excel's calendar begins in 1900 and ends with 9999.
	return ok && t.Year() >= 1900 && t.Year() <= 9999
}

// serialEpoch is day 0 of Excel's calendar for dates from 1 March 1900 on. Excel
// believes in 29 February 1900, so earlier dates are one day off.
var serialEpoch = time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)

// DateText turns the serial number of a date, as Cell.Text has it, into ISO
// 8601: a date if the number is whole, otherwise date and time to the second.
// date1904 comes from Book.Date1904. It reports false if the number is none, or
// no day of the years 1900 to 9999; the day 29 February 1900, which Excel has
// and the calendar has not, is refused too.
func DateText(serial string, date1904 bool) (string, bool) {
	if !isNumber(serial) {
		return "", false
	}
	days, err := strconv.ParseFloat(serial, 64)
	if err != nil {
		return "", false
	}
	if date1904 {
		days += 1462
	}
	whole := math.Floor(days)
	if whole < 1 || whole > 2958465 || whole == 60 {
		return "", false
	}
	epoch := serialEpoch
	if whole < 60 {
		epoch = epoch.AddDate(0, 0, 1)
	}
	seconds := int(math.Round((days - whole) * 86400))
	t := epoch.AddDate(0, 0, int(whole)).Add(time.Duration(seconds) * time.Second)
	if seconds == 0 || seconds == 86400 {
		return t.Format("2006-01-02"), true
	}
	return t.Format("2006-01-02T15:04:05"), true
}

// dateSerial is the inverse of DateText in the 1900 calendar.
func dateSerial(iso string) (string, error) {
	t, ok := parseISODate(iso)
	if !ok {
		return "", fmt.Errorf("%w: date %q", ErrValue, iso)
	}
	day := time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
	days := int(day.Sub(serialEpoch).Hours() / 24)
	if days <= 60 {
		days--
	}
	seconds := t.Hour()*3600 + t.Minute()*60 + t.Second()
	if seconds == 0 {
		return strconv.Itoa(days), nil
	}
	return strconv.FormatFloat(float64(days)+float64(seconds)/86400, 'f', -1, 64), nil
}

// utf16Len is the length of a text as Excel counts it.
func utf16Len[T string | []byte](s T) int {
	n := 0
	for i := range len(s) {
		switch c := s[i]; {
		case c < 0x80 || c >= 0xC0 && c < 0xF0:
			n++
		case c >= 0xF0:
			n += 2
		}
	}
	return n
}
