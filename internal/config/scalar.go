// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package config

import (
	"math"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// decodeScalar decodes a single value.
func (d *decoder) decodeScalar(n *yaml.Node, s *shape, rules constraints, v reflect.Value, path string) bool {
	switch s.kind {
	case text:
		return d.decodeText(n, rules, v, path)
	case boolean:
		return d.decodeBool(n, rules, v, path)
	case duration:
		return d.decodeDuration(n, rules, v, path)
	default:
		return d.decodeNumber(n, s, rules, v, path)
	}
}

func (d *decoder) decodeText(n *yaml.Node, rules constraints, v reflect.Value, path string) bool {
	if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!str" {
		d.reportWrongType(n, path, "text")
		return false
	}
	length := utf8.RuneCountInString(n.Value)
	switch {
	case length == 0 && (rules.minLength > 0 || rules.pattern != nil && !rules.pattern.MatchString("")):
		d.report.errorf(path, "the text is empty: fill it in, or remove it")
	case length < rules.minLength:
		d.report.errorf(path, "%s is too short: use at least %d characters", quote(n.Value), rules.minLength)
	case rules.maxLength > 0 && length > rules.maxLength:
		d.report.errorf(path, "the text has %d characters: use at most %d", length, rules.maxLength)
	case rules.pattern != nil && !rules.pattern.MatchString(n.Value):
		hint := rules.hint
		if hint == "" {
			hint = "Use text that matches " + rules.pattern.String()
		}
		d.report.errorf(path, "%s is not allowed: %s", quote(n.Value), lowerFirst(hint))
	case len(rules.enum) > 0 && !slices.Contains(rules.enum, n.Value):
		d.report.errorf(path, "%s is not one of %s%s", quote(n.Value), strings.Join(rules.enum, ", "), DidYouMean(n.Value, rules.enum))
	default:
		value := n.Value
		if rules.isFile && value != "" && !filepath.IsAbs(value) {
			value = filepath.Join(d.dir, value)
		}
		v.SetString(value)
		return true
	}
	return false
}

func (d *decoder) decodeBool(n *yaml.Node, rules constraints, v reflect.Value, path string) bool {
	if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!bool" {
		d.reportWrongType(n, path, "true or false")
		return false
	}
	value := strings.EqualFold(n.Value, "true")
	if rules.mustBeTrue && !value {
		d.report.errorf(path, "can only be true: remove the key instead")
		return false
	}
	v.SetBool(value)
	return true
}

func (d *decoder) decodeDuration(n *yaml.Node, rules constraints, v reflect.Value, path string) bool {
	const want = "a duration such as 30s, 5m or 1h30m"
	if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!str" {
		d.reportWrongType(n, path, want)
		return false
	}
	if n.Value == "" {
		d.report.errorf(path, "the text is empty: use %s", want)
		return false
	}
	value, ok := parseDuration(n.Value)
	switch {
	case strings.HasPrefix(n.Value, "-"):
		d.report.errorf(path, "%s is negative: use %s", quote(n.Value), want)
	case !ok && regexp.MustCompile(DurationPattern).MatchString(n.Value):
		d.report.errorf(path, "%s is too long: use a shorter duration", quote(n.Value))
	case !ok:
		d.report.errorf(path, "%s is not %s: use whole numbers, with the units y, w, d, h, m, s, ms in this order", quote(n.Value), want)
	case rules.exclusiveMinimum != nil && value <= 0:
		d.report.errorf(path, "%s is too short: use more than 0s", quote(n.Value))
	default:
		v.SetInt(int64(value))
		return true
	}
	return false
}

// decodeNumber decodes whole numbers and others. A whole number may be written as 2e+05, because
// templates write 200000 that way.
func (d *decoder) decodeNumber(n *yaml.Node, s *shape, rules constraints, v reflect.Value, path string) bool {
	want := "a number"
	if s.kind == integer {
		want = "a whole number"
	}
	value, ok := nodeNumber(n)
	switch {
	case !ok, s.kind == integer && value != math.Trunc(value):
		d.reportWrongType(n, path, want)
	case s.kind == integer && (math.Abs(value) > 1<<53 || v.OverflowInt(int64(value))):
		d.report.errorf(path, "%s is out of range: use a smaller number", quote(n.Value))
	case rules.minimum != nil && value < *rules.minimum:
		d.report.errorf(path, "%s is too small: use at least %s", truncate(n.Value), formatNumber(*rules.minimum))
	case rules.maximum != nil && value > *rules.maximum:
		d.report.errorf(path, "%s is too large: use at most %s", truncate(n.Value), formatNumber(*rules.maximum))
	case rules.exclusiveMinimum != nil && value <= *rules.exclusiveMinimum:
		d.report.errorf(path, "%s is too small: use more than %s", truncate(n.Value), formatNumber(*rules.exclusiveMinimum))
	case s.kind == integer:
		v.SetInt(int64(value))
		return true
	default:
		v.SetFloat(value)
		return true
	}
	return false
}

// nodeNumber returns the value of n as a finite number.
func nodeNumber(n *yaml.Node) (float64, bool) {
	if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!int" && n.ShortTag() != "!!float" {
		return 0, false
	}
	var value any
	if err := n.Decode(&value); err != nil {
		return 0, false
	}
	f := math.NaN()
	switch v := value.(type) {
	case int:
		f = float64(v)
	case int64:
		f = float64(v)
	case uint64:
		f = float64(v)
	case float64:
		f = v
	}
	return f, !math.IsNaN(f) && !math.IsInf(f, 0)
}

// reportWrongType reports that the value must be something else.
func (d *decoder) reportWrongType(n *yaml.Node, path, want string) {
	advice := ""
	quoted := n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0
	switch {
	case n.Kind != yaml.ScalarNode || n.Style&yaml.TaggedStyle != 0:
	case want == "text":
		advice = ": put it in quotes, " + quote(n.Value)
	case quoted && n.Value != "" && unquotedType(n.Value) == want:
		advice = ": remove the quotes"
	}
	d.report.errorf(path, "must be %s, not %s%s", want, describe(n), advice)
}

// unquotedType returns the type that a quoted value would have without quotes; empty if it would be
// text.
func unquotedType(s string) string {
	if s == "true" || s == "false" {
		return "true or false"
	}
	if _, err := strconv.Atoi(s); err == nil {
		return "a whole number"
	}
	return ""
}

// describe returns the YAML type of n in words.
func describe(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.MappingNode:
		return "a mapping"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case n.ShortTag() == "!!str":
		return "the text " + quote(n.Value)
	case n.ShortTag() == "!!int", n.ShortTag() == "!!float":
		return "the number " + truncate(n.Value)
	case n.ShortTag() == "!!bool":
		return truncate(n.Value)
	case n.ShortTag() == "!!timestamp":
		return "the date " + truncate(n.Value)
	case n.ShortTag() == "!!null":
		return "nothing"
	default:
		return "a value with the tag " + quote(n.ShortTag())
	}
}

// formatNumber writes a limit without an exponent.
func formatNumber(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

func lowerFirst(s string) string { return strings.ToLower(s[:1]) + s[1:] }
