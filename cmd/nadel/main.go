// Command nadel is a CRM for people who work in the field, with mass editing by
// spreadsheet at its heart: a server, and the same engine at the command line.
package main

import "nadel/internal/app"

func main() { app.Main() }
