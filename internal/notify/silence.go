// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package notify

import (
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/prometheus/alertmanager/pkg/labels"
)

// maxAlternatives bounds the total length in bytes of the values of a label in a matcher.
const maxAlternatives = 512

// SilenceLink returns the URL of Alertmanager's form for a new silence of some alerts, or an empty
// string if its web page is not configured. The labels are those of [Alert]. If the values of a
// label differ, its matcher has all of them, unless they are too long for a URL.
func (n *Notifier) SilenceLink(alerts []map[string]string) string {
	if n.options.Config.WebURL == "" || len(alerts) == 0 {
		return ""
	}
	values := map[string][]string{}
	for _, a := range alerts {
		for name, value := range n.wireLabels(a) {
			values[name] = append(values[name], value)
		}
	}
	var matchers []string
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if len(values[name]) < len(alerts) {
			continue // a matcher would leave out those without the label
		}
		if text, ok := matcherOf(name, values[name]); ok {
			matchers = append(matchers, text)
		}
	}
	filter := strings.ReplaceAll(url.QueryEscape("{"+strings.Join(matchers, ", ")+"}"), "+", "%20")
	return strings.TrimSuffix(n.options.Config.WebURL, "/") + "/#/silences/new?filter=" + filter
}

// matcherOf returns the matcher of a label that has one of some values.
func matcherOf(name string, values []string) (string, bool) {
	slices.Sort(values)
	values = slices.Compact(values)
	kind, text := labels.MatchEqual, values[0]
	if len(values) > 1 {
		for i, value := range values {
			values[i] = regexp.QuoteMeta(value)
		}
		kind, text = labels.MatchRegexp, strings.Join(values, "|")
	}
	if len(text) > maxAlternatives {
		return "", false
	}
	m, err := labels.NewMatcher(kind, name, text)
	if err != nil {
		return "", false
	}
	return m.String(), true
}
