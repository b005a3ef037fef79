package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
)

// patienceOfMany is how many rows are written before many looks whether they
// are still wanted.
const patienceOfMany = 256

// many runs one prepared statement for each of n rows of arguments, which args
// fills in, and tells done, if there is one, how many rows of the database each
// touched. It is for engines that prepare statements.
//
// It speaks to the driver itself and cannot be interrupted within a row: what
// database/sql and the driver do for each call, a goroutine that waits for the end of
// the context above all, costs three times as much as the row.
func (tx *Tx) many(query string, n, width int, args func(i int, row []driver.NamedValue), done func(i int, touched int64)) error {
	if n == 0 {
		return nil
	}
	err := tx.conn.Raw(func(conn any) error {
		stmt, err := conn.(driver.Conn).Prepare(tx.dialect.rebind(query))
		if err != nil {
			return fmt.Errorf("prepare: %w", err)
		}
		defer func() { _ = stmt.Close() }() // what it was for is over
		row := make([]driver.NamedValue, width)
		for i := range row {
			row[i].Ordinal = i + 1
		}
		run := stmt.(driver.StmtExecContext)
		for i := range n {
			if i%patienceOfMany == 0 && tx.ctx.Err() != nil {
				return tx.ctx.Err()
			}
			args(i, row)
			result, err := run.ExecContext(context.WithoutCancel(tx.ctx), row)
			if err != nil {
				return err
			}
			if done == nil {
				continue
			}
			touched, err := result.RowsAffected()
			if err != nil {
				return err
			}
			done(i, touched)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("%s: %w", brief(query), err)
	}
	return nil
}

// stream runs f over each row of an answer as the driver gives it: whole numbers
// are int64, blobs []byte, texts string, NULL is nil. It is for answers of
// thousands of rows, of which database/sql would take as long to hand out each
// as the engine to find it.
func (tx *Tx) stream(query string, args []any, f func(row []driver.Value) error) error {
	named := make([]driver.NamedValue, len(args))
	for i, arg := range args {
		value, err := driver.DefaultParameterConverter.ConvertValue(arg)
		if err != nil {
			return fmt.Errorf("%s: %w", brief(query), err)
		}
		named[i] = driver.NamedValue{Ordinal: i + 1, Value: value}
	}
	err := tx.conn.Raw(func(conn any) error {
		rows, err := conn.(driver.QueryerContext).QueryContext(context.WithoutCancel(tx.ctx), tx.dialect.rebind(query), named)
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }() // whatever it says, the rows have been read
		row := make([]driver.Value, len(rows.Columns()))
		for n := 0; ; n++ {
			if n%patienceOfMany == 0 && tx.ctx.Err() != nil {
				return tx.ctx.Err()
			}
			switch err := rows.Next(row); {
			case errors.Is(err, io.EOF):
				return nil
			case err != nil:
				return err
			}
			if err := f(row); err != nil {
				return err
			}
		}
	})
	if err != nil {
		return fmt.Errorf("%s: %w", brief(query), err)
	}
	return nil
}
