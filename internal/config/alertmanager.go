// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package config

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/prometheus/common/model"
)

// Alertmanager configures the reading of alerts and silences, and the sending of alerts when the
// exporter is not scraped.
type Alertmanager struct {
	URLs           []string          `yaml:"urls,omitempty" jsonschema:"uniqueItems=true,pattern=^(https?://([^/?#@:\\s\\[\\]]+|\\[[.:0-9A-Fa-f]+\\])(:[0-9]+)?(/[^?#@\\s]*)?)$" hint:"Use the URL of one Alertmanager, with nothing but scheme, host, port and path, such as https://alertmanager-0.example.com:9093" jsonschema_description:"URLs of all members of one Alertmanager cluster, one URL for each member: they share silences, but not alerts. A URL may have a path prefix. An empty list turns this section off."`
	TLS            TLS               `yaml:"tls,omitempty" jsonschema_description:"TLS settings of the connections."`
	BasicAuth      BasicAuth         `yaml:"basicAuth,omitempty" jsonschema_description:"Credentials of the exporter, if the Alertmanagers require them."`
	Interval       Duration          `yaml:"interval" jsonschema:"default=1m,exclusiveMinimum=0" jsonschema_description:"Interval at which alerts and silences are read, and alerts are sent. An alert ends if it is not sent again within four intervals."`
	FallbackAfter  Duration          `yaml:"fallbackAfter" jsonschema:"default=10m,exclusiveMinimum=0" jsonschema_description:"Time after the last scrape of /metrics after which the exporter sends the alerts of its rules itself, until the next scrape."`
	ExternalLabels map[string]string `yaml:"externalLabels,omitempty" jsonschema:"minLength=1" jsonschema_description:"Labels that Prometheus adds to its alerts (external_labels), except those that distinguish its replicas. Without these labels, routes, silences and inhibitions of Alertmanager may not match the alerts of the exporter. They do not replace labels that an alert already has."`
	ExternalURL    string            `yaml:"externalURL,omitempty" jsonschema:"default=,pattern=^(https?://([^/?#@:\\s\\[\\]]+|\\[[.:0-9A-Fa-f]+\\])(:[0-9]+)?(/[^?#@\\s]*)?)?$" hint:"Use the URL of the exporter's web page, with nothing but scheme, host, port and path, such as https://exporter.example.com" jsonschema_description:"Public URL of the exporter's web page. Alerts that the exporter sends link to it."`
	WebURL         string            `yaml:"webURL,omitempty" jsonschema:"default=,pattern=^(https?://([^/?#@:\\s\\[\\]]+|\\[[.:0-9A-Fa-f]+\\])(:[0-9]+)?(/[^?#@\\s]*)?)?$" hint:"Use the URL of Alertmanager's web page, with nothing but scheme, host, port and path, such as https://alertmanager.example.com" jsonschema_description:"Public URL of the web page of Alertmanager. Findings on the exporter's page link to its form for a new silence, with the matchers filled in. It can be set without urls."`
	Watchdog       bool              `yaml:"watchdog" jsonschema:"default=false" jsonschema_description:"Export for each cluster whether its alert Watchdog, which always fires, is missing in Alertmanager. A missing Watchdog means that the Prometheus of the cluster, or its connection to Alertmanager, is down. The cluster label of the alert identifies the cluster."`
}

// BasicAuth is a user name and a password.
type BasicAuth struct {
	Username     string `yaml:"username,omitempty" jsonschema:"default=,pattern=^[^:]*$" hint:"Use a name without a colon" jsonschema_description:"User name. If it is empty, no credentials are sent."`
	PasswordFile string `yaml:"passwordFile,omitempty" jsonschema:"default=" file:"true" jsonschema_description:"File with the password. It is read again before it is used."`
}

// SentByLabel is an extra label of the alerts that the exporter sends. Without it, Alertmanager
// would take the alert of the exporter and that of Prometheus for one alert, and the end of one
// would resolve both.
const SentByLabel = "sent_by"

func (a *Alertmanager) check(at string, r *report) {
	first := map[string]int{}
	for i, text := range a.URLs {
		path := fmt.Sprintf("%s[%d]", joinPath(at, "urls"), i)
		a.URLs[i] = baseURL(text, path, r)
		u, err := url.Parse(a.URLs[i])
		if err != nil || r.hasError(path) {
			continue
		}
		if strings.HasSuffix(u.Path, "/api/v2") {
			r.errorf(path, "%s ends in /api/v2, which the exporter adds itself: remove it", quote(text))
		}
		name := strings.ToLower(HostPort(u)) + u.Path
		if j, ok := first[name]; ok {
			r.errorf(path, "%s is the same Alertmanager as urls[%d] in line %d: remove one of them", quote(text), j, r.line(fmt.Sprintf("%s[%d]", joinPath(at, "urls"), j)))
			continue
		}
		first[name] = i
	}
	a.ExternalURL = baseURL(a.ExternalURL, joinPath(at, "externalURL"), r)
	a.WebURL = baseURL(a.WebURL, joinPath(at, "webURL"), r)
	for _, name := range slices.Sorted(maps.Keys(a.ExternalLabels)) {
		switch path := joinEntry(joinPath(at, "externalLabels"), name); {
		case !model.LegacyValidation.IsValidLabelName(name):
			r.errorf(path, "%s is not the name of a label: use letters, digits and underscores, with no digit in front", quote(name))
		case slices.Contains(OwnAlertLabels(), name):
			r.errorf(path, "every alert has its own label %s: remove this one", name)
		}
	}
}

// OwnAlertLabels returns the labels that each alert has of its own.
func OwnAlertLabels() []string { return []string{model.AlertNameLabel, SentByLabel} }

func (b *BasicAuth) check(at string, r *report) {
	switch {
	case r.hasError(at, joinPath(at, "username"), joinPath(at, "passwordFile")): // it may be meant
	case b.Username != "" && b.PasswordFile == "":
		r.errorf(joinPath(at, "username"), "has no effect without passwordFile: add passwordFile")
	case b.Username == "" && b.PasswordFile != "":
		r.errorf(joinPath(at, "passwordFile"), "has no effect without username: add username")
	}
}
