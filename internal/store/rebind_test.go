package store

import "testing"

func TestRebindPostgres(t *testing.T) {
	for _, tt := range []struct{ name, query, want string }{
		{"none", "SELECT 1", "SELECT 1"},
		{"several", "a = ? AND b IN (?, ?)", "a = $1 AND b IN ($2, $3)"},
		{"more than nine", "??????????", "$1$2$3$4$5$6$7$8$9$10"},
		{"those in texts", "a = '?' AND b = ?", "a = '?' AND b = $1"},
		{"those in texts with quotes", "a = 'it''s ?' AND b = ?", "a = 'it''s ?' AND b = $1"},
		{"those in names", `"who?" = ?`, `"who?" = $1`},
		{"a quote of the other kind", `a = '"' AND b = ? AND c = '?"'`, `a = '"' AND b = $1 AND c = '?"'`},
		{"letters of several bytes", "a = 'ё?' AND b = ?", "a = 'ё?' AND b = $1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := rebindPostgres(tt.query); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}
