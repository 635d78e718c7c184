// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package alerts

import (
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/common/model"
)

// threshold is the placeholder for the number of [Threshold] in the declaration of a rule: in Expr
// and Since and, in readable form, in Description.
const threshold = "$threshold"

// Unit is the unit of a threshold.
type Unit string

// Units with a name, because they are not base units of Prometheus.
const (
	Seconds   Unit = "seconds"
	Ratio     Unit = "ratio"
	Intervals Unit = "intervals"
	Changes   Unit = "changes"
	Entries   Unit = "entries"
	Objects   Unit = "objects"
	Tokens    Unit = "tokens"
	Minor     Unit = "minor version"
	// Milliseconds are the unit of the durations in OpenBao's telemetry.
	Milliseconds Unit = "milliseconds"
)

// Threshold is the number in a rule that an installation can set.
type Threshold struct {
	Default float64
	Unit    Unit
	// Meaning describes the value that the number is compared with.
	Meaning string
}

// secondsThreshold returns a threshold in seconds.
func secondsThreshold(d time.Duration, meaning string) *Threshold {
	return &Threshold{Default: d.Seconds(), Unit: Seconds, Meaning: meaning}
}

// String returns a value of the threshold in readable form.
func (t Threshold) String(value float64) string {
	switch t.Unit {
	case Seconds:
		return model.Duration(time.Duration(value * float64(time.Second))).String()
	case Ratio:
		return strconv.FormatFloat(100*value, 'g', 3, 64) + "%"
	}
	return strconv.FormatFloat(value, 'g', -1, 64)
}

// texts has the texts of a rule as declared, with the placeholder.
type texts struct{ expr, since, description string }

// withDefault returns a declared rule with its default threshold.
func (r Rule) withDefault() Rule {
	if r.Threshold == nil {
		return r
	}
	return r.at(r.Threshold.Default)
}

// at returns the rule with another threshold.
func (r Rule) at(value float64) Rule {
	if r.declared == (texts{}) {
		r.declared = texts{r.Expr, r.Since, r.Description}
	}
	number := strconv.FormatFloat(value, 'f', -1, 64)
	r.Expr = strings.ReplaceAll(r.declared.expr, threshold, number)
	r.Since = strings.ReplaceAll(r.declared.since, threshold, number)
	r.Description = strings.ReplaceAll(r.declared.description, threshold, r.Threshold.String(value))
	return r
}

// Adjustable returns the names of the rules with a threshold in the order of the catalogue.
func Adjustable() []string {
	var names []string
	for _, r := range Rules() {
		if r.Threshold != nil {
			names = append(names, r.Name)
		}
	}
	return names
}
