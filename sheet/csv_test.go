package sheet_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"nadel/sheet"
)

func TestCSV(t *testing.T) {
	const table = `1: A"ID" B"Статус" C"Логины"` + "\n" + `2: A"1" C"a, b"` + "\n"
	tests := []struct {
		name, data, want string
		code             sheet.Code
	}{
		{"semicolons", "ID;Статус;Логины\r\n1;;a, b\r\n", table, ""},
		{"commas", "ID,Статус,Логины\n1,,\"a, b\"\n", table, ""},
		{"tabs", "ID\tСтатус\tЛогины\n1\t\ta, b\n", table, ""},
		{"a byte order mark", "\uFEFFID;Статус;Логины\r\n1;;a, b\r\n", table, ""},
		{"line ends of the old Macintosh", "ID;Статус;Логины\r1;;a, b", table, ""},
		{"no line end at the end", "ID;Статус;Логины\n1;;a, b", table, ""},
		{"a line that names the separator", "sep=|\r\nID|Статус|Логины\r\n1||a, b\r\n", table, ""},
		{"that line behind a byte order mark", "\uFEFFSEP=;\r\nID;Статус;Логины\r\n1;;a, b\r\n", table, ""},
		{"a single column", "ID\n1\n2\n", "1: A\"ID\"\n2: A\"1\"\n3: A\"2\"\n", ""},
		{"nothing but a line end", "\r\n", "", ""},
		{"doubled quotes and line breaks", "a;\"x\"\"y\r\nz\"\nb;c\n", "1: A\"a\" B\"x\\\"y\\r\\nz\"\n2: A\"b\" B\"c\"\n", ""},
		{"a quote inside an unquoted text", "a;5\" pipe\n", "1: A\"a\" B\"5\\\" pipe\"\n", ""},
		{"quoted empty fields", "a;\"\"\nb;\"\"\"\"\n", "1: A\"a\"\n2: A\"b\" B\"\\\"\"\n", ""},
		{"an apostrophe before what looks like a formula", "a;'=1+1\nb;''@x\nc;'d\n",
			"1: A\"a\" B\"=1+1\"\n2: A\"b\" B\"'@x\"\n3: A\"c\" B\"'d\"\n", ""},
		{"blank lines, by leaving gaps", "a;b\n\n;\nc;d\n", "1: A\"a\" B\"b\"\n4: A\"c\" B\"d\"\n", ""},
		{"more fields than the header has", "ID;b\n1;x;y\n", "1: A\"ID\" B\"b\"\n2: A\"1\" B\"x\" C\"y\"\n", ""},
		{"lists that hold the other separator", "id;list\n1;a,b\n2;c,d\n", "1: A\"id\" B\"list\"\n2: A\"1\" B\"a,b\"\n3: A\"2\" B\"c,d\"\n", ""},

		{"an unclosed quote", "a;b\n1;\"x\n2;y\n", "", sheet.CSVQuoteOpen},
		{"text after a closing quote", "a;b\n1;\"x\"y\n", "", sheet.CSVQuoteAfter},
		{"a NUL", "a;b\n1;x\x00\n", "", sheet.CSVNul},
		{"a NUL in quotes", "a;b\n1;\"x\x00\"\n", "", sheet.CSVNul},
		{"two separators that do equally well", "a;b,c\n1;2,3\n", "", sheet.CSVSeparator},
		{"KOI8-R", "ID;\xf3\xd4\xc1\xd4\xd5\xd3\n1;x\n", "", sheet.CSVEncoding},
		{"bytes that are not UTF-8 after a good header", "ID;Статус\n1;\xff\xff\n", "", sheet.CSVEncoding},
		{"a divided character at the end", "ID;Стату\xd1", "", sheet.CSVEncoding},
		{"more than 1,024 fields", strings.Repeat(";", 1024) + "\n", "", sheet.CSVFields},
		{"a value beyond column 256", "a;b" + strings.Repeat(";", 255) + "x\n", "", sheet.TooManyColumns},
		{"a line over the limit", "a;b\n" + strings.Repeat("x", 1<<20+10) + "\n", "", sheet.CSVRecord},
		{"a quoted text over the limit", "a;b\n\"" + strings.Repeat("x\n", 1<<19+10) + "\"\n", "", sheet.CSVRecord},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			checkRead(t, []byte(tt.data), sheet.Options{}, tt.want, tt.code)
		})
	}
}

// Every way of dividing a file between two reads of the disk must do: the
// chunks end in all possible places.
func TestCSVChunks(t *testing.T) {
	line := "12345;\"Акт\"\"и\r\nвен\";'+ivanov, петров\r\n"
	for pad := range len(line) {
		var data bytes.Buffer
		data.WriteString(strings.Repeat("x", pad) + ";;y\r\n")
		for data.Len() < 300<<10 {
			data.WriteString(line)
		}
		got, err := readAll(data.Bytes(), sheet.Options{})
		if err != nil {
			t.Fatalf("with %d bytes before: %v", pad, err)
		}
		rows := strings.SplitAfter(got, "\n")
		for _, row := range rows[1 : len(rows)-1] {
			if !strings.HasSuffix(row, `: A"12345" B"Акт\"и\r\nвен" C"+ivanov, петров"`+"\n") {
				t.Fatalf("with %d bytes before, a row is %s", pad, row)
			}
		}
	}
}

func TestCSVPlaces(t *testing.T) {
	data := []byte("ID;x\r\n1;\"a\nb\nc\"\r\n2;\"open\r\n")
	b, err := sheet.Open(bytes.NewReader(data), int64(len(data)), sheet.Options{})
	if err != nil {
		t.Fatal(err)
	}
	rows, err := b.Rows(0)
	if err != nil {
		t.Fatal(err)
	}
	var lines []int
	for rows.Next() {
		lines = append(lines, rows.Row().Line)
	}
	var refusal *sheet.Error
	if !errors.As(rows.Err(), &refusal) || refusal.Line != 5 {
		t.Errorf("the open quote is reported as %v, want line 5", rows.Err())
	}
	if !slices.Equal(lines, []int{1, 2}) {
		t.Errorf("records begin on lines %v, want 1 and 2", lines)
	}
}

func TestCSVUTF16(t *testing.T) {
	text := "\uFEFFID\tИмя\r\n1\tа😀б\r\n"
	for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
		var data []byte
		for _, u := range utf16.Encode([]rune(text)) {
			data = order.AppendUint16(data, u)
		}
		checkRead(t, data, sheet.Options{}, "1: A\"ID\" B\"Имя\"\n2: A\"1\" B\"а😀б\"\n", "")
		checkRead(t, data[:len(data)-1], sheet.Options{}, "", sheet.CSVEncoding)
		alone := order.AppendUint16(slices.Clone(data), 0xD83D)
		checkRead(t, alone, sheet.Options{}, "", sheet.CSVEncoding)
	}
}

func TestCSVSeparatorByHeader(t *testing.T) {
	o := sheet.Options{KnownHeader: func(cells []string) bool { return slices.Contains(cells, "Name") }}
	const data = "Name;Address;Radius, m\nShop;Lenin St., 1;100\n"
	checkRead(t, []byte(data), o, "1: A\"Name\" B\"Address\" C\"Radius, m\"\n2: A\"Shop\" B\"Lenin St., 1\" C\"100\"\n", "")
	checkRead(t, []byte(data), sheet.Options{}, "", sheet.CSVSeparator)
	checkRead(t, []byte("a;Name,b\n1;2,3\n"), o, "", sheet.CSVSeparator)
	checkRead(t, []byte("Name,x;Name\n1,2;3\n"), o, "", sheet.CSVSeparator)
}

func TestCSVWindows1251(t *testing.T) {
	header := func(cells []string) bool { return slices.Contains(cells, "Статус") }
	o := sheet.Options{KnownHeader: header}
	good := "ID;\xd1\xf2\xe0\xf2\xf3\xf1\n1;\xb2\xa2\xb8\n" // ID;Статус / 1;Іўё
	checkRead(t, []byte(good), o, "1: A\"ID\" B\"Статус\"\n2: A\"1\" B\"Іўё\"\n", "")
	checkRead(t, []byte("List\n\n"+good), o, "1: A\"List\"\n3: A\"ID\" B\"Статус\"\n4: A\"1\" B\"Іўё\"\n", "")

	b, err := sheet.Open(strings.NewReader(good), int64(len(good)), o)
	if err != nil || len(b.Warnings()) != 1 || b.Warnings()[0].Code != sheet.CodePage1251 {
		t.Errorf("opened with %v and the warnings %v; want a warning about the encoding", err, b.Warnings())
	}
	for name, data := range map[string]string{
		"without a header that is known":                       "ID;\xc8\xec\xff\n1;\xe0\n",
		"with a header in ASCII, which could be any code page": "ID;status\n1;\xe0\xe1\n",
		"with a word in UTF-8 in it":                           good + "2;Активен\n",
		"with the byte that means nothing":                     good + "2;\x98\n",
	} {
		t.Run(name, func(t *testing.T) {
			checkRead(t, []byte(data), o, "", sheet.CSVEncoding)
		})
	}
}
