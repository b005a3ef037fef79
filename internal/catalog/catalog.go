// Package catalog declares the entities of Nadel, each once. Whoever adds a
// field touches the declaration here, a migration and the locales, and nothing
// else. Only app and tests import this package; everybody else is handed the
// catalog.
package catalog

import "nadel/internal/entity"

// Directories of a workspace, by name. "position" serves contacts and employees.
var directories = []string{
	"city", "region", "subregion", "industry", "contract", "revenue", "headcount",
	"client_status", "company_type", "size", "priority",
	"group", "location_status", "location_type", "asset_type", "position",
}

// New is the catalog as the program uses it.
func New() *entity.Catalog {
	return entity.NewCatalog(directories, company(), location(), asset(), contact())
}
