// Package demo makes data up: a field company of Belarus to show the program
// with, and data of any size to measure it by. The same call gives the same
// data every time.
package demo

import (
	"context"
	"fmt"
	"math/rand/v2"

	"nadel/internal/access"
	"nadel/internal/entity"
	"nadel/internal/store"
)

// The demo company and its administrator's way in. The password is no secret:
// it is printed and stands in the manual.
const (
	Workspace = "Надел Демо"
	Login     = "admin"
	Password  = "nadel-demo"
)

// Sizes of the demo company.
const (
	companies      = 2000
	extraLocations = 1000
	assets         = 2500
	contacts       = 2500
)

// staff are the employees beside the administrator. share is how many clients
// they have in proportion to each other: portfolios in life are uneven.
var staff = []struct {
	login, name, position string
	role                  entity.Role
	group                 string
	share                 int
	left                  bool // has left; his clients wait to be given to others
}{
	{"o.lukashevich", "Лукашевич Ольга", "Директор", entity.Administrator, "", 0, false},
	{"s.novik", "Новик Сергей", "Руководитель группы", entity.Manager, "Минск", 4, false},
	{"a.zhuk", "Жук Андрей", "Сервисный инженер", entity.FieldStaff, "Минск", 22, false},
	{"n.bondarenko", "Бондаренко Наталья", "Торговый представитель", entity.FieldStaff, "Минск", 30, false},
	{"v.klimovich", "Климович Виктор", "Сервисный инженер", entity.FieldStaff, "Минск", 12, false},
	{"d.kozlov", "Козлов Дмитрий", "Сервисный инженер", entity.FieldStaff, "Минск", 18, false},
	{"e.savitskaya", "Савицкая Елена", "Торговый представитель", entity.FieldStaff, "Минск", 9, false},
	{"p.moroz", "Мороз Павел", "Сервисный инженер", entity.FieldStaff, "Минск", 26, true},
	{"t.kravchenko", "Кравченко Татьяна", "Руководитель группы", entity.Manager, "Восток", 3, false},
	{"i.shevchuk", "Шевчук Иван", "Сервисный инженер", entity.FieldStaff, "Восток", 16, false},
	{"o.stankevich", "Станкевич Олег", "Сервисный инженер", entity.FieldStaff, "Восток", 14, false},
	{"m.gonchar", "Гончар Мария", "Торговый представитель", entity.FieldStaff, "Восток", 20, false},
	{"m.pashkevich", "Пашкевич Максим", "Сервисный инженер", entity.FieldStaff, "Восток", 6, false},
	{"a.makarevich", "Макаревич Алеся", "Торговый представитель", entity.FieldStaff, "Восток", 11, false},
	{"y.romanovich", "Романович Юрий", "Руководитель группы", entity.Manager, "Запад", 5, false},
	{"k.korol", "Король Кирилл", "Сервисный инженер", entity.FieldStaff, "Запад", 17, false},
	{"i.gurskaya", "Гурская Ирина", "Торговый представитель", entity.FieldStaff, "Запад", 24, false},
	{"d.yushkevich", "Юшкевич Денис", "Сервисный инженер", entity.FieldStaff, "Запад", 13, false},
	{"n.vasilevskiy", "Василевский Николай", "Сервисный инженер", entity.FieldStaff, "Запад", 8, false},
	{"y.dubovik", "Дубовик Юлия", "Торговый представитель", entity.FieldStaff, "Запад", 10, false},
	{"a.karpovich", "Карпович Артём", "Сервисный инженер", entity.FieldStaff, "Запад", 2, false},
	{"v.poleshchuk", "Полещук Вера", "Диспетчер", entity.Manager, "Сервис", 0, false},
	{"a.tarasevich", "Тарасевич Александр", "Сервисный инженер", entity.FieldStaff, "Сервис", 7, false},
	{"s.melnik", "Мельник Светлана", "Бухгалтер", entity.Administrator, "", 0, false},
}

// groupOf is which group works in a region.
var groupOf = map[string]string{
	"г. Минск": "Минск", minskRegion: "Минск",
	vitebskRegion: "Восток", mahilyowRegion: "Восток", homielRegion: "Восток",
	brestRegion: "Запад", hrodnaRegion: "Запад",
}

// Fill makes the demo company in an installation that has not been set up.
func Fill(ctx context.Context, st *store.Store, users *access.Service) error {
	admin, err := users.SetUp(ctx, Workspace, Login, "Администратор", Password)
	if err != nil {
		return err
	}
	return st.Write(ctx, admin.WorkspaceID, func(tx *store.Tx) error {
		if err := refuseFilled(tx); err != nil {
			return err
		}
		values, err := ensureDirectories(tx)
		if err != nil {
			return err
		}
		m := &making{tx: tx, values: values, random: rand.New(rand.NewPCG(2026, 0x64656d6f))}
		for _, step := range []func() error{m.staff, m.companies, m.locations, m.assets, m.contacts} {
			if err := step(); err != nil {
				return fmt.Errorf("make demo data: %w", err)
			}
		}
		return nil
	})
}

// making is one run of Fill.
type making struct {
	tx     *store.Tx
	values directories
	random *rand.Rand
	people map[string][]member // by group
	firms  []firm
	places []*entity.Record // locations
}

type member struct {
	id    int64
	share int
}

// firm is a company that was made, where, and of which trade.
type firm struct {
	rec         *entity.Record
	place, line int
}

func (m *making) staff() error {
	m.people = map[string][]member{}
	for _, s := range staff {
		p := &entity.Employee{
			Login: s.login, Name: s.name, Email: s.login + "@nadel.example", Phone: phone(m.random, ""),
			Role: s.role, Active: !s.left,
		}
		p.Position = entity.ParseIDs(m.values["position"][s.position])[0]
		if err := m.tx.InsertEmployee(p); err != nil {
			return err
		}
		if s.group == "" {
			continue
		}
		id, err := m.tx.EnsureGroup(s.group)
		if err != nil {
			return err
		}
		if err := m.tx.SetGroups(p.ID, []entity.Membership{{GroupID: id, Leads: s.role == entity.Manager}}); err != nil {
			return err
		}
		m.people[s.group] = append(m.people[s.group], member{p.ID, s.share})
	}
	return nil
}

// responsibles chooses people of the group that works in a place: mostly one or
// two, sometimes nobody.
func (m *making) responsibles(where int) []int64 {
	group := m.people[groupOf[places[where].region]]
	weights := make([]int, len(group))
	for i, p := range group {
		weights[i] = p.share
	}
	var ids []int64
	for range weighted(m.random, []int{4, 58, 32, 6}) {
		ids = append(ids, group[weighted(m.random, weights)].id)
	}
	return entity.SortedSet(ids)
}

func (m *making) companies() error {
	recs := make([]*entity.Record, companies)
	for i := range recs {
		where, line := weighted(m.random, placeWeights), weighted(m.random, tradeWeights)
		rec := m.values.company(m.random, m.tx.Catalog(), where, line)
		rec.Active = m.random.IntN(100) >= 9
		rec.Responsibles = m.responsibles(where)
		recs[i] = rec
		m.firms = append(m.firms, firm{rec, where, line})
	}
	return m.tx.Fill(recs)
}

func (m *making) locations() error {
	var recs []*entity.Record
	for _, f := range m.firms {
		rec := m.values.location(m.random, m.tx.Catalog(), f.place, trades[f.line].site)
		rec.Set("main", "1")
		recs = append(recs, m.of(rec, f))
	}
	for range extraLocations {
		f := m.firms[m.random.IntN(companies/4)] // some clients have many places, most have one
		name := one(m.random, []string{"Склад", "Филиал", "Точка на рынке", "Второй зал", "Летняя площадка", "Офис"})
		site := trades[f.line].site
		if name == "Склад" || name == "Офис" {
			site = name
		}
		rec := m.values.location(m.random, m.tx.Catalog(), f.place, site)
		rec.Set("name", name)
		rec.Active = m.random.IntN(100) >= 3
		recs = append(recs, m.of(rec, f))
	}
	m.places = recs
	return m.tx.Fill(recs)
}

func (m *making) assets() error {
	recs := make([]*entity.Record, assets)
	for i := range recs {
		recs[i] = m.at(m.values.asset(m.random, m.tx.Catalog()))
	}
	return m.tx.Fill(recs)
}

func (m *making) contacts() error {
	recs := make([]*entity.Record, contacts)
	for i := range recs {
		recs[i] = m.at(m.values.contact(m.random, m.tx.Catalog()))
	}
	return m.tx.Fill(recs)
}

// of hangs a record on a company, whose people mostly look after it, too.
func (m *making) of(rec *entity.Record, f firm) *entity.Record {
	rec.Set("company", entity.IDsText([]int64{f.rec.ID}))
	rec.Active = rec.Active && f.rec.Active
	rec.Responsibles = f.rec.Responsibles
	if m.random.IntN(10) == 0 {
		rec.Responsibles = m.responsibles(f.place)
	}
	return rec
}

// at hangs a record on some location and its company.
func (m *making) at(rec *entity.Record) *entity.Record {
	location := m.places[m.random.IntN(len(m.places))]
	rec.Set("company", location.Get("company"))
	rec.Set("location", entity.IDsText([]int64{location.ID}))
	rec.Responsibles = location.Responsibles
	rec.Active = location.Active || m.random.IntN(5) == 0
	return rec
}
