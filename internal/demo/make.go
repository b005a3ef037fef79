package demo

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"nadel/internal/entity"
	"nadel/internal/store"
)

// directories is the ids of directory values by directory and name.
type directories map[string]map[string]string

// ensureDirectories makes the values that the made-up records choose from.
func ensureDirectories(tx *store.Tx) (directories, error) {
	d := directories{}
	add := func(directory, name string) error {
		id, err := tx.EnsureDirectoryValue(directory, name)
		if d[directory] == nil {
			d[directory] = map[string]string{}
		}
		d[directory][name] = entity.IDsText([]int64{id})
		return err
	}
	for _, p := range places {
		for _, v := range [][2]string{{"city", p.city}, {"region", p.region}, {"subregion", p.district}} {
			if err := add(v[0], v[1]); err != nil {
				return nil, err
			}
		}
	}
	for _, t := range trades {
		if err := add("industry", t.industry); err != nil {
			return nil, err
		}
	}
	for _, k := range kindsOfAsset {
		if err := add("asset_type", k.kind); err != nil {
			return nil, err
		}
	}
	for _, directory := range tx.Catalog().Directories { // in the catalog's order: ids come out the same every time
		for _, name := range choices[directory] {
			if err := add(directory, name); err != nil {
				return nil, err
			}
		}
	}
	return d, nil
}

// pick chooses a value of a directory; the weights stand for the first
// values of choices, in their order.
func (d directories) pick(r *rand.Rand, directory string, weights ...int) string {
	return d[directory][choices[directory][weighted(r, weights)]]
}

// weighted chooses an index with a chance in proportion to its weight.
func weighted(r *rand.Rand, weights []int) int {
	total := 0
	for _, w := range weights {
		total += w
	}
	n := r.IntN(total)
	for i, w := range weights {
		if n < w {
			return i
		}
		n -= w
	}
	return len(weights) - 1
}

func one[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

var placeWeights, tradeWeights = func() (p, t []int) {
	for _, x := range places {
		p = append(p, x.weight)
	}
	for _, x := range trades {
		t = append(t, x.weight)
	}
	return p, t
}()

// company makes up a client of a trade in a place.
func (d directories) company(r *rand.Rand, c *entity.Catalog, where, line int) *entity.Record {
	rec := entity.NewRecord(c.ByName("company"))
	p, t := places[where], trades[line]
	size := weighted(r, []int{70, 24, 6})
	name := fmt.Sprintf(one(r, t.forms), one(r, t.names))
	if r.IntN(12) == 0 {
		surname := one(r, surnames)
		name = fmt.Sprintf("ИП %s %s. %s.", surname, initial(one(r, hisNames)), initial(one(r, hisNames)))
	} else if t.chains && r.IntN(2) == 0 {
		name += fmt.Sprintf(" №%d", 1+r.IntN(30))
	}
	rec.Set("name", name)
	rec.Set("city", d["city"][p.city])
	rec.Set("region", d["region"][p.region])
	rec.Set("subregion", d["subregion"][p.district])
	rec.Set("industry", d["industry"][t.industry])
	rec.Set("phone", phone(r, p.code))
	if r.IntN(3) > 0 {
		rec.Set("email", fmt.Sprintf("%s%d@%s", one(r, []string{"info", "office", "zakaz", "mail", "shop"}), 1+r.IntN(9999),
			one(r, []string{"example.by", "mail.example", "firma.example"})))
	}
	rec.Set("contract", d.pick(r, "contract", 30, 40, 10, 5, 15))
	rec.Set("revenue", d.pick(r, "revenue", []int{60, 8, 1}[size], 30, []int{8, 40, 20}[size], []int{1, 10, 70}[size]))
	rec.Set("headcount", d.pick(r, "headcount", []int{60, 5, 1}[size], 30, []int{8, 50, 20}[size], []int{1, 5, 60}[size]))
	rec.Set("client_status", d.pick(r, "client_status", 15, 10, 62, 8, 5))
	rec.Set("type", d.pick(r, "company_type", 72, 18, 6, 4))
	rec.Set("size", d["size"][choices["size"][size]])
	rec.Set("priority", d.pick(r, "priority", 15, 65, 20))
	if r.IntN(8) == 0 {
		rec.Set("description", one(r, []string{"Звонить после 10:00.", "Пропуск заказывать за день.", "Заезд со двора, шлагбаум.",
			"Оплата по акту, 10 банковских дней.", "Сезонный клиент: май — сентябрь.", "Просят присылать одного и того же мастера."}))
	}
	return rec
}

// location makes up an address in a place; site is the location's type.
func (d directories) location(r *rand.Rand, c *entity.Catalog, where int, site string) *entity.Record {
	rec := entity.NewRecord(c.ByName("location"))
	p := places[where]
	known := p.streets
	if known == nil {
		known = streets
	}
	address := fmt.Sprintf("%s, %s, %d", p.city, one(r, known), 1+r.IntN(140))
	switch r.IntN(6) {
	case 0:
		address += one(r, []string{"А", "Б", "/1", "/2", "к2"})
	case 1:
		address += fmt.Sprintf(", пом. %d", 1+r.IntN(90))
	}
	rec.Set("address", address)
	rec.Set("radius", one(r, []string{"50", "100", "100", "100", "200", "300"}))
	spread := 0.01 + 0.0015*float64(min(p.weight, 40)) // degrees: a city is as wide as it is big
	rec.Set("latitude", coordinate(p.latitude+(r.Float64()-0.5)*spread))
	rec.Set("longitude", coordinate(p.longitude+(r.Float64()-0.5)*spread*1.7))
	rec.Set("region", d["region"][p.region])
	rec.Set("group", d.pick(r, "group", 60, 25, 10, 5))
	rec.Set("location_status", d.pick(r, "location_status", 88, 5, 4, 3))
	rec.Set("priority", d.pick(r, "priority", 12, 68, 20))
	rec.Set("type", d["location_type"][site])
	return rec
}

// asset makes up a thing that our people service.
func (d directories) asset(r *rand.Rand, c *entity.Catalog) *entity.Record {
	rec := entity.NewRecord(c.ByName("asset"))
	k := one(r, kindsOfAsset)
	m := one(r, k.models)
	installed := time.Date(2016, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, r.IntN(3700))
	rec.Set("name", k.kind+" "+m.maker+" "+m.name)
	rec.Set("type", d["asset_type"][k.kind])
	rec.Set("model", m.name)
	rec.Set("manufacturer", m.maker)
	rec.Set("serial_number", fmt.Sprintf("%c%c-%07d", 'A'+r.IntN(26), 'A'+r.IntN(26), r.IntN(10_000_000)))
	rec.Set("inventory_number", fmt.Sprintf("%06d", r.IntN(1_000_000)))
	rec.Set("installed_on", installed.Format(time.DateOnly))
	rec.Set("warranty_until", installed.AddDate(1+r.IntN(3), 0, 0).Format(time.DateOnly))
	return rec
}

// contact makes up a person at a client's.
func (d directories) contact(r *rand.Rand, c *entity.Catalog) *entity.Record {
	rec := entity.NewRecord(c.ByName("contact"))
	rec.Set("name", fullName(r.IntN(len(surnames)*2*len(hisNames))))
	rec.Set("position", d.pick(r, "position", 20, 8, 25, 6, 14, 12, 10, 5))
	rec.Set("phone", phone(r, ""))
	if r.IntN(2) == 0 {
		rec.Set("email", fmt.Sprintf("contact%d@example.by", 1+r.IntN(99999)))
	}
	return rec
}

// fullName is the n-th made-up person: a surname with a first name.
func fullName(n int) string {
	surname := surnames[n%len(surnames)]
	first := n / len(surnames)
	if first%2 == 0 {
		return surname + " " + hisNames[first/2%len(hisNames)]
	}
	if hers, ok := herSurname[surname]; ok {
		surname = hers
	}
	return surname + " " + herNames[first/2%len(herNames)]
}

func initial(name string) string { return string([]rune(name)[:1]) }

// phone makes a number up: a mobile one, or of the town when it has a code.
func phone(r *rand.Rand, townCode string) string {
	code := one(r, []string{"29", "29", "33", "44", "25"})
	if townCode != "" && r.IntN(3) == 0 {
		code = townCode
	}
	return fmt.Sprintf("+375 %s %03d-%02d-%02d", code, 200+r.IntN(700), r.IntN(100), r.IntN(100))
}

// coordinate is to about a metre.
func coordinate(degrees float64) string {
	text := strings.TrimRight(fmt.Sprintf("%.5f", degrees), "0")
	return strings.TrimSuffix(text, ".")
}
