package entity

// The words of the edit file's grammar that stand where a login could stand, in
// the three languages, as Fold leaves them. No login may be one of them, or a
// cell could be read two ways.
var (
	ClearWords  = []string{"очистить", "ачысціць", "clear"}
	AddWords    = []string{"добавить", "дадаць", "add"}
	RemoveWords = []string{"убрать", "прыбраць", "remove"}
	// EmptyWords are what people write for "nothing". The grammar refuses them
	// instead of guessing whether they mean "clear" or "leave as it is".
	EmptyWords = []string{"нет", "няма", "none", "no", "null", "nil", "пусто", "никто", "нихто", "nobody"}
)
