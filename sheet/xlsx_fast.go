package sheet

func (t *stringTable) fastItems(x *xmlReader, limits Limits) bool { return true }
func (r *xlsxRows) fastCells(row *Row) error                      { return nil }
