package demo

import (
	"context"
	"fmt"
	"math/rand/v2"

	"nadel/internal/entity"
	"nadel/internal/fault"
	"nadel/internal/store"
)

// SeedOptions is the size of seeded data.
type SeedOptions struct {
	Companies int
	Employees int            // 0 is 20
	Seed      uint64         // the same seed gives the same data
	Progress  func(made int) // called now and then with the companies made; may be nil
	// CompaniesOnly leaves out what belongs to them, for measuring.
	CompaniesOnly bool
}

// seedChunk is how many companies one transaction of Seed makes.
const seedChunk = 5000

// Seed fills an empty workspace with repeatable data of a given size. Companies
// get the ids 1 to N in order, all active, each with one to three responsibles
// out of the employees user001, user002, …; after them every company gets its
// main location, and every second one an asset and a contact. The people of a
// company are responsible for all that belongs to it.
func Seed(ctx context.Context, st *store.Store, workspaceID int64, o SeedOptions) error {
	if o.Employees <= 0 {
		o.Employees = 20
	}
	if o.Companies < 0 {
		return fault.New(fault.Usage, "error.bad_seed_size")
	}
	s := &seeding{st: st, workspace: workspaceID, o: o, random: rand.New(rand.NewPCG(o.Seed, 0x6e6164656c))}
	if err := s.people(ctx); err != nil {
		return err
	}
	if err := s.companies(ctx); err != nil {
		return err
	}
	if o.CompaniesOnly {
		return nil
	}
	for _, kind := range []struct {
		name  string
		every int
		make  func(*seeding, int) *entity.Record
	}{{"location", 1, (*seeding).location}, {"asset", 2, (*seeding).asset}, {"contact", 2, (*seeding).contact}} {
		if err := s.inChunks(ctx, o.Companies/kind.every, func(i int) *entity.Record { return kind.make(s, i*kind.every) }, nil); err != nil {
			return fmt.Errorf("seed %s: %w", kind.name, err)
		}
	}
	return nil
}

// seeding is one run of Seed.
type seeding struct {
	st        *store.Store
	workspace int64
	o         SeedOptions
	random    *rand.Rand
	employees []int64
	whose     [][]int64 // responsibles, by company
	where     []uint8   // place, by company
	line      []uint8   // trade, by company
	values    directories
}

// people makes the employees and the directories, if the workspace has no
// records yet.
func (s *seeding) people(ctx context.Context) error {
	return s.st.Write(ctx, s.workspace, func(tx *store.Tx) (err error) {
		if err := refuseFilled(tx); err != nil {
			return err
		}
		for i := range s.o.Employees {
			p := &entity.Employee{Login: fmt.Sprintf("user%03d", i+1), Name: fullName(i * 7), Role: entity.FieldStaff, Active: true}
			if err := tx.InsertEmployee(p); err != nil {
				return fmt.Errorf("seed employee %s: %w", p.Login, err)
			}
			s.employees = append(s.employees, p.ID)
		}
		s.values, err = ensureDirectories(tx)
		return err
	})
}

// refuseFilled keeps made-up data out of real data.
func refuseFilled(tx *store.Tx) error {
	n, err := tx.CountRecords()
	if err == nil && n > 0 {
		err = fault.New(fault.Usage, "error.workspace_has_records", "count", n)
	}
	return err
}

func (s *seeding) companies(ctx context.Context) error {
	s.whose, s.where, s.line = make([][]int64, s.o.Companies), make([]uint8, s.o.Companies), make([]uint8, s.o.Companies)
	return s.inChunks(ctx, s.o.Companies, func(i int) *entity.Record {
		s.whose[i], s.where[i] = s.somePeople(), uint8(weighted(s.random, placeWeights))
		s.line[i] = uint8(weighted(s.random, tradeWeights))
		rec := s.values.company(s.random, s.st.Catalog(), int(s.where[i]), int(s.line[i]))
		rec.Responsibles = s.whose[i]
		return rec
	}, s.o.Progress)
}

// inChunks makes n records, a transaction for each chunk, so that a server
// beside it goes on.
func (s *seeding) inChunks(ctx context.Context, n int, one func(i int) *entity.Record, progress func(int)) error {
	for first := 0; first < n; first += seedChunk {
		recs := make([]*entity.Record, 0, seedChunk)
		for i := first; i < min(first+seedChunk, n); i++ {
			recs = append(recs, one(i))
		}
		if err := s.st.Write(ctx, s.workspace, func(tx *store.Tx) error { return tx.Fill(recs) }); err != nil {
			return err
		}
		if progress != nil {
			progress(first + len(recs))
		}
	}
	return nil
}

// somePeople is one to three of the employees, two on average.
func (s *seeding) somePeople() []int64 {
	n := min(1+s.random.IntN(3), len(s.employees))
	ids := make([]int64, 0, n)
	for len(ids) < n {
		ids = entity.SortedSet(append(ids, s.employees[s.random.IntN(len(s.employees))]))
	}
	return ids
}

func (s *seeding) of(rec *entity.Record, company int) *entity.Record {
	rec.Set("company", entity.IDsText([]int64{int64(company + 1)}))
	rec.Responsibles = s.whose[company]
	return rec
}

func (s *seeding) location(company int) *entity.Record {
	rec := s.of(s.values.location(s.random, s.st.Catalog(), int(s.where[company]), trades[s.line[company]].site), company)
	rec.Set("main", "1")
	return rec
}

func (s *seeding) asset(company int) *entity.Record {
	return s.of(s.values.asset(s.random, s.st.Catalog()), company)
}

func (s *seeding) contact(company int) *entity.Record {
	return s.of(s.values.contact(s.random, s.st.Catalog()), company)
}
