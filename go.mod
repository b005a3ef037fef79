module nadel

go 1.26.0
