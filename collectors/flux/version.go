// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package flux

import (
	"regexp"
	"strconv"
	"strings"
)

// numbers are the parts of a version: major, minor and patch.
type numbers [3]int

func (n numbers) less(other numbers) bool {
	for i := range n {
		if n[i] != other[i] {
			return n[i] < other[i]
		}
	}
	return false
}

// next returns the first version after all versions with the same leading parts.
func (n numbers) next(parts int) numbers {
	for i := range n {
		if i >= parts {
			n[i] = 0
		}
	}
	n[parts-1]++
	return n
}

// Patterns of a constraint and of a version, whose parts may be missing or x.
var (
	versionPattern    = regexp.MustCompile(`^v?(\d+|[xX*])(?:\.(\d+|[xX*]))?(?:\.(\d+|[xX*]))?(?:\+[0-9A-Za-z.-]+)?$`)
	constraintPattern = regexp.MustCompile(`(=>|>=|=<|<=|!=|~>|[=<>~^]?)\s*(v?[0-9xX*][^\s,]*)`)
	hyphenPattern     = regexp.MustCompile(`(\S+)\s+-\s+(\S+)`)
)

// parseVersion returns a version and the number of its parts.
func parseVersion(s string) (n numbers, parts int, ok bool) {
	m := versionPattern.FindStringSubmatch(s)
	if m == nil {
		return n, 0, false
	}
	for _, part := range m[1:] {
		number, err := strconv.Atoi(part)
		if err != nil {
			break
		}
		n[parts] = number
		parts++
	}
	return n, parts, true
}

// inRange reports whether a version is in a range with the syntax of github.com/Masterminds/semver. ok is false
// if either is invalid.
func inRange(constraint, version string) (fits, ok bool) {
	v, parts, ok := parseVersion(version)
	if !ok || parts < len(v) {
		return false, false
	}
	for alternative := range strings.SplitSeq(constraint, "||") {
		all, ok := satisfies(v, hyphenPattern.ReplaceAllString(alternative, ">=$1 <=$2"))
		if !ok {
			return false, false
		}
		fits = fits || all
	}
	return fits, true
}

// satisfies reports whether a version satisfies all constraints of a list.
func satisfies(v numbers, list string) (all, ok bool) {
	if strings.Trim(constraintPattern.ReplaceAllString(list, ""), " ,\t") != "" {
		return false, false
	}
	all = true
	found := constraintPattern.FindAllStringSubmatch(list, -1)
	for _, m := range found {
		n, parts, ok := parseVersion(m[2])
		if !ok {
			return false, false
		}
		all = all && satisfiesOperator(v, m[1], n, parts)
	}
	return all, len(found) > 0
}

// satisfiesOperator reports whether a version satisfies one constraint. A constraint with missing parts stands
// for all versions with the same leading parts.
func satisfiesOperator(v numbers, operator string, n numbers, parts int) bool {
	below, above := v.less(n), parts > 0 && !v.less(n.next(parts))
	switch operator {
	case "!=":
		return below || above
	case ">":
		return above
	case ">=", "=>":
		return !below
	case "<":
		return below
	case "<=", "=<":
		return !above
	case "~", "~>":
		return !below && (parts == 0 || v.less(n.next(min(parts, 2))))
	case "^":
		significant := 1
		for significant < parts && n[significant-1] == 0 {
			significant++
		}
		return !below && (parts == 0 || v.less(n.next(significant)))
	}
	return !below && !above
}
