package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"nadel/internal/entity"
	"nadel/internal/fault"
)

// checkChunk is how many records are verified at a time.
const checkChunk = 5000

// violationsAtMost is how many violations are reported; a database that breaks
// its promises in a thousand places needs no longer list.
const violationsAtMost = 1000

// Check verifies in the database what the program promises: every receipt adds
// up, history replays to the present state, versions and responsibles agree,
// what refers to something refers to something that is there. It reads only, in
// time that grows with the data and in memory that does not, and answers what it
// found broken; every fault says what is wrong and where.
//
// Sessions are left out: one of an employee who is not there, or who was signed
// out, opens no door, and goes by itself.
func (s *Store) Check(ctx context.Context) ([]*fault.Error, error) {
	workspaces, err := s.Workspaces(ctx)
	if err != nil {
		return nil, err
	}
	c := &checker{}
	if err := errors.Join(s.checkEngine(ctx, c), s.checkIndexes(ctx, c), s.checkOwners(ctx, c)); err != nil {
		return nil, err
	}
	for _, w := range workspaces {
		err := s.Read(ctx, w.ID, func(tx *Tx) error {
			c.tx, c.workspace, c.from = tx, w.Name, w.HistoryFrom
			return c.all()
		})
		if err != nil {
			return nil, fmt.Errorf("check workspace %q: %w", w.Name, err)
		}
	}
	return c.found, nil
}

type checker struct {
	tx        *Tx
	workspace string
	from      time.Time // what happened before may be forgotten
	found     []*fault.Error
}

func (c *checker) report(key string, args ...any) {
	if len(c.found) < violationsAtMost {
		c.found = append(c.found, fault.New(fault.Internal, key, append(args, "workspace", c.workspace)...))
	}
}

// checkEngine asks the database engine about its own file.
func (s *Store) checkEngine(ctx context.Context, c *checker) error {
	return s.Read(ctx, 0, func(tx *Tx) error {
		for _, statement := range s.dialect.selfChecks {
			err := tx.query(statement, nil, func(scan func(...any) error) error {
				var said string
				if err := scan(&said); err != nil {
					return fmt.Errorf("read the engine's answer: %w", err)
				}
				if said != "ok" {
					c.report("check.engine", "detail", said)
				}
				return nil
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// checkIndexes lets the engine look through its indexes, where it can and we may:
// on PostgreSQL with the extension amcheck, and the right to call it. Where not,
// nothing is said: it is no fault of the database.
func (s *Store) checkIndexes(ctx context.Context, c *checker) error {
	if s.dialect.indexChecks == "" {
		return nil
	}
	var statements []string
	if err := s.Read(ctx, 0, func(tx *Tx) error {
		return tx.query(s.dialect.indexChecks, nil, func(scan func(...any) error) error {
			var statement string
			err := scan(&statement)
			statements = append(statements, statement)
			return err
		})
	}); err != nil {
		return err
	}
	for _, statement := range statements { // each on its own: a damaged index ends its transaction
		err := s.Read(ctx, 0, func(tx *Tx) error {
			return tx.query(statement, nil, func(func(...any) error) error { return nil })
		})
		switch {
		case err != nil && s.dialect.damaged(err):
			c.report("check.engine", "detail", err.Error())
		case err != nil:
			return err
		}
	}
	return nil
}

// checkOwners sees that no table has rows of a workspace that does not exist.
func (s *Store) checkOwners(ctx context.Context, c *checker) error {
	return s.readAll(ctx, func(tx *Tx) error {
		tables, err := tx.carriedTables()
		if err != nil {
			return err
		}
		for _, t := range tables {
			if t.key[0] != "workspace_id" {
				continue
			}
			if err := tx.query(eachOnce(quote(t.Name), "workspace_id", "")+
				" AND NOT EXISTS (SELECT 1 FROM workspaces w WHERE w.id = o.id)", nil, func(scan func(...any) error) error {
				var id int64
				err := scan(&id)
				c.report("check.no_workspace", "table", t.Name, "id", id)
				return err
			}); err != nil {
				return err
			}
		}
		return nil
	})
}

// errDamaged is that something stored cannot be read as what it should be. The
// check reports it and goes on; everybody else fails.
var errDamaged = errors.New("stored data are damaged")

// readable turns what cannot be read into something found.
func (c *checker) readable(err error) error {
	if errors.Is(err, errDamaged) {
		c.report("check.unreadable", "detail", err.Error())
		return nil
	}
	return err
}

func (c *checker) all() error {
	if err := errors.Join(c.readable(c.imports()), c.references(), c.ownFields()); err != nil {
		return err
	}
	for _, e := range c.tx.catalog.Entities {
		for _, part := range []func(*entity.Entity) error{c.halves, c.searchable, c.wideReferences, c.ownValues, c.oneEach, c.history, c.reverse} {
			if err := c.readable(part(e)); err != nil {
				return err
			}
		}
	}
	return c.numbers()
}
