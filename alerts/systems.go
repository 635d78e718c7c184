// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package alerts

import (
	"maps"
	"slices"
)

// System is the system of a rule. Its value is the name of its collector, if it has one.
type System string

// The systems.
const (
	Fleet           System = "fleet" // the clusters themselves
	Flux            System = "flux"
	OpenBao         System = "openbao"
	ExternalSecrets System = "externalsecrets"
	Greenhouse      System = "greenhouse"
	Aurora          System = "aurora"
	Controllers     System = "controllers"
	Exporter        System = "exporter"
)

// The dashboards to which the alerts of several systems link.
const (
	clusterPage      = "cobaltcore-cluster"
	certificatesPage = "cobaltcore-certificates"
)

// Description describes a system for users: its names, its rules and its dashboards. A new system
// in the catalogue is one line in [Descriptions]. The collector of a system is its
// collectors.System in internal/app/collectors.go.
type Description struct {
	System System
	// Title is the column heading on dashboards and the display name in Greenhouse.
	Title string
	// Key is the section below collectors in the configuration; empty if it has none.
	Key string
	// Prefixes are the prefixes of the names of its alerts.
	Prefixes []string
	// Page is the ID of the dashboard that its alerts link to by default.
	Page string
	// Watches and Asks name the part of the system that the exporter watches in every cluster or
	// probes over the network. At most one of them is set.
	Watches, Asks string
	// Why returns the reason for the severity of each rule by its name: the affected users, and the
	// time until they are affected. Critical means that users are affected now or within hours, and
	// that an operator can fix the problem now. Warning can wait until the next morning, info until
	// the next maintenance.
	Why func() map[string]string
	// Groups returns the rules of the system.
	Groups func() []Group
}

// Descriptions returns all systems in the order of the documentation.
func Descriptions() []Description {
	return []Description{
		fleetSystem(), fluxSystem(), openBaoSystem(), externalSecretsSystem(), greenhouseSystem(), certManagerSystem(),
		auroraSystem(), controllersSystem(), exporterSystem(),
	}
}

// Systems returns the names of all systems, in the order of [Descriptions].
func Systems() []System {
	var all []System
	for _, d := range Descriptions() {
		all = append(all, d.System)
	}
	return all
}

// whySeverity returns the reasons for the severities of all rules.
func whySeverity() map[string]string {
	all := map[string]string{}
	for _, d := range Descriptions() {
		maps.Copy(all, d.Why())
	}
	return all
}

// Describe returns the description of a system; the zero value for an unknown one.
func Describe(s System) Description {
	all := Descriptions()
	if i := slices.IndexFunc(all, func(d Description) bool { return d.System == s }); i >= 0 {
		return all[i]
	}
	return Description{}
}

// groups joins the groups of a system.
func groups(all ...func() Group) func() []Group {
	return func() []Group {
		list := make([]Group, len(all))
		for i, group := range all {
			list[i] = group()
		}
		return list
	}
}
