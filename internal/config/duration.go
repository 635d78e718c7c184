// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package config

import (
	"time"

	"github.com/prometheus/common/model"
)

// DurationPattern is the regular expression of a duration. It is that of Prometheus, but does not
// allow 0 without a unit; the empty string matches, too.
const DurationPattern = `^([0-9]+y)?([0-9]+w)?([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?$`

// Duration is a non-negative duration in whole milliseconds, in the syntax of Prometheus: 90s, 5m,
// 1h30m.
type Duration time.Duration

// String returns the shortest form of d.
func (d Duration) String() string { return model.Duration(d).String() }

// MarshalYAML writes d as String does.
func (d Duration) MarshalYAML() (any, error) { return d.String(), nil }

// MarshalText writes d as String does.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// parseDuration is model.ParseDuration, but refuses 0 without a unit.
func parseDuration(s string) (Duration, bool) {
	d, err := model.ParseDuration(s)
	return Duration(d), err == nil && s != "0"
}
