// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package health

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"text/template"
	"text/template/parse"
)

// Limits of the texts of user rules, because the expander of Prometheus does not limit time and
// memory.
const (
	maxTemplate    = 16 << 10 // bytes of a template
	maxReplacement = 1 << 10  // bytes of the pattern and of the replacement of reReplaceAll
	maxValue       = 8 << 10  // bytes of the result of a function, and of a text
)

var (
	errLoop       = errors.New("it has a loop over another value than $labels, or a template of its own: only Prometheus expands these")
	errLongValue  = fmt.Errorf("a value has more than %d KiB", maxValue>>10)
	errLongSource = fmt.Errorf("it has more than %d KiB", maxTemplate>>10)
)

// checkTemplate returns an error for a text that must not be expanded, because its length does not limit the time of
// the expansion.
func checkTemplate(text string) error {
	if len(text) > maxTemplate {
		return errLongSource
	}
	t := parse.New("text")
	t.Mode = parse.SkipFuncCheck
	tree, err := t.Parse(definitions+text, "", "", map[string]*parse.Tree{})
	if err != nil {
		return nil //nolint:nilerr // the expander reports it
	}
	return checkNode(tree.Root, false)
}

func checkNode(n parse.Node, inLoop bool) error {
	branch := func(b parse.BranchNode, inLoop bool) error {
		err := checkNode(b.List, inLoop)
		if b.ElseList != nil {
			err = errors.Join(err, checkNode(b.ElseList, inLoop))
		}
		return err
	}
	switch n := n.(type) {
	case *parse.ListNode:
		for _, child := range n.Nodes {
			if err := checkNode(child, inLoop); err != nil {
				return err
			}
		}
	case *parse.IfNode:
		return branch(n.BranchNode, inLoop)
	case *parse.WithNode:
		return branch(n.BranchNode, inLoop)
	case *parse.RangeNode:
		over := strings.TrimSpace(n.Pipe.Cmds[0].String())
		if inLoop || len(n.Pipe.Cmds) > 1 || over != "$labels" && over != ".Labels" {
			return errLoop
		}
		return branch(n.BranchNode, true)
	case *parse.TemplateNode:
		return errLoop
	}
	return nil
}

// boundedFunctions returns those functions of templates whose results may be longer than their arguments.
func boundedFunctions() template.FuncMap {
	functions := template.FuncMap{
		"reReplaceAll": reReplace,
		"printf": func(format string, args ...any) (string, error) {
			if wide.MatchString(format) {
				return "", errLongValue
			}
			return bound(func(args ...any) string { return fmt.Sprintf(format, args...) }, args...)
		},
	}
	for name, f := range map[string]func(...any) string{
		"print": fmt.Sprint, "println": fmt.Sprintln,
		"html": template.HTMLEscaper, "js": template.JSEscaper, "urlquery": template.URLQueryEscaper,
	} {
		functions[name] = func(args ...any) (string, error) { return bound(f, args...) }
	}
	return functions
}

// wide matches a format with a width or a precision of four digits, or of an argument.
var wide = regexp.MustCompile(`%[^%A-Za-z]*(?:\d{4}|\*)`)

func bound(f func(...any) string, args ...any) (string, error) {
	text := f(args...)
	if len(text) > maxValue {
		return "", errLongValue
	}
	return text, nil
}

// reReplace is reReplaceAll of Prometheus, whose result would be as long as the product of its
// arguments.
func reReplace(pattern, replacement, text string) (string, error) {
	if len(pattern) > maxReplacement || len(replacement) > maxReplacement || len(text) > maxValue {
		return "", errLongValue
	}
	re, err := regexp.Compile(pattern)
	if err != nil {
		return "", err
	}
	return bound(func(...any) string { return re.ReplaceAllString(text, replacement) })
}
