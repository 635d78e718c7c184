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

// scalar decodes a single value.
func (d *decoder) scalar(n *yaml.Node, s *shape, rules rules, v reflect.Value, path string) bool {
	switch s.kind {
	case text:
		return d.text(n, rules, v, path)
	case boolean:
		return d.boolean(n, rules, v, path)
	case duration:
		return d.duration(n, rules, v, path)
	default:
		return d.number(n, s, rules, v, path)
	}
}

func (d *decoder) text(n *yaml.Node, rules rules, v reflect.Value, path string) bool {
	if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!str" {
		d.wrongType(n, path, "text")
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
		d.report.errorf(path, "%s is not one of %s%s", quote(n.Value), strings.Join(rules.enum, ", "), didYouMean(n.Value, rules.enum))
	default:
		value := n.Value
		if rules.file && value != "" && !filepath.IsAbs(value) {
			value = filepath.Join(d.dir, value)
		}
		v.SetString(value)
		return true
	}
	return false
}

func (d *decoder) boolean(n *yaml.Node, rules rules, v reflect.Value, path string) bool {
	if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!bool" {
		d.wrongType(n, path, "true or false")
		return false
	}
	value := strings.EqualFold(n.Value, "true")
	if rules.onlyTrue && !value {
		d.report.errorf(path, "can only be true: remove the key instead")
		return false
	}
	v.SetBool(value)
	return true
}

func (d *decoder) duration(n *yaml.Node, rules rules, v reflect.Value, path string) bool {
	const want = "a duration such as 30s, 5m or 1h30m"
	if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!str" {
		d.wrongType(n, path, want)
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
	case rules.above != nil && value <= 0:
		d.report.errorf(path, "%s is too short: use more than 0s", quote(n.Value))
	default:
		v.SetInt(int64(value))
		return true
	}
	return false
}

// number decodes whole numbers and others. A whole number may be written as
// 2e+05: that is what templates make of 200000.
func (d *decoder) number(n *yaml.Node, s *shape, rules rules, v reflect.Value, path string) bool {
	want := "a number"
	if s.kind == integer {
		want = "a whole number"
	}
	value, ok := numberOf(n)
	switch {
	case !ok, s.kind == integer && value != math.Trunc(value):
		d.wrongType(n, path, want)
	case s.kind == integer && (math.Abs(value) > 1<<53 || v.OverflowInt(int64(value))):
		d.report.errorf(path, "%s is out of range: use a smaller number", quote(n.Value))
	case rules.minimum != nil && value < *rules.minimum:
		d.report.errorf(path, "%s is too small: use at least %s", clip(n.Value), digits(*rules.minimum))
	case rules.maximum != nil && value > *rules.maximum:
		d.report.errorf(path, "%s is too large: use at most %s", clip(n.Value), digits(*rules.maximum))
	case rules.above != nil && value <= *rules.above:
		d.report.errorf(path, "%s is too small: use more than %s", clip(n.Value), digits(*rules.above))
	case s.kind == integer:
		v.SetInt(int64(value))
		return true
	default:
		v.SetFloat(value)
		return true
	}
	return false
}

// numberOf returns the finite number that n is.
func numberOf(n *yaml.Node) (float64, bool) {
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

// wrongType reports that the value must be something else.
func (d *decoder) wrongType(n *yaml.Node, path, want string) {
	advice := ""
	quoted := n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0
	switch {
	case n.Kind != yaml.ScalarNode || n.Style&yaml.TaggedStyle != 0:
	case want == "text":
		advice = ": put it in quotes, " + quote(n.Value)
	case quoted && n.Value != "" && plainKind(n.Value) == want:
		advice = ": remove the quotes"
	}
	d.report.errorf(path, "must be %s, not %s%s", want, describe(n), advice)
}

// plainKind names what text would be without quotes, as far as it is asked.
func plainKind(s string) string {
	if s == "true" || s == "false" {
		return "true or false"
	}
	if _, err := strconv.Atoi(s); err == nil {
		return "a whole number"
	}
	return ""
}

// describe names what n is, in the words of YAML.
func describe(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.MappingNode:
		return "a mapping"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case n.ShortTag() == "!!str":
		return "the text " + quote(n.Value)
	case n.ShortTag() == "!!int", n.ShortTag() == "!!float":
		return "the number " + clip(n.Value)
	case n.ShortTag() == "!!bool":
		return clip(n.Value)
	case n.ShortTag() == "!!timestamp":
		return "the date " + clip(n.Value)
	case n.ShortTag() == "!!null":
		return "nothing"
	default:
		return "a value with the tag " + quote(n.ShortTag())
	}
}

// digits writes a limit without an exponent.
func digits(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

func lowerFirst(s string) string { return strings.ToLower(s[:1]) + s[1:] }
