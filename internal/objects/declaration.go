// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package objects

import "slices"

// Declaration declares the names of the families from which the objects of a system are read. If several
// families have the same label, the first in this order is used.
type Declaration struct {
	// Collector is the name of the collector of the system.
	Collector string
	// Status has the state of each object in the label status. Onset has a row for each object that is not ready,
	// with the onset as the value.
	Status, Onset string
	// NotReady have a row for an object that is not ready, with the state in the label status and its onset as
	// value. Failed are the same for an object that failed.
	NotReady, Failed []string
	// Ready have the value 1 for a ready object and 0 for others.
	Ready []string
	// Desired and Available have the numbers of replicas.
	Desired, Available string
	// Info have other facts about an object in their labels.
	Info   []string
	Asides []Aside
	Edges  []Edge
	// Creates are kinds whose objects create an object of another kind, with the same namespace and name.
	Creates []Creation
}

// Aside is an additional group with rows about objects of several kinds, which also have the groups of their kinds.
type Aside struct {
	// Kind is the kind in the key of the group. Its objects are kind and namespace/name, with the separator
	// between them.
	Kind, Separator string
	// NotReady is one of the families of Declaration.NotReady, if it is in this group.
	NotReady string

	collector string
}

// Creation is a kind whose objects create an object of the kind in Creates.
type Creation struct{ Kind, Creates string }

// role is the meaning of the value or the labels of a family.
type role int

// The roles, in the order in which families are read.
const (
	status role = iota
	onset
	notReady
	failed
	ready
	desired
	available
	info
	roles
)

// ownerInfo is the family with the owners of objects of all systems.
const ownerInfo = "cobaltcore_object_owner_info"

// columns are the declarations of all systems, in the form in which pages are read.
type columns struct {
	// names are the names of the families, sorted by role. The families of a role begin at first.
	names   []string
	first   [roles + 1]int
	asides  []Aside
	edges   []Edge
	creates []Creation
}

func (d *Declaration) families(r role) []string {
	one := func(name string) []string {
		return slices.DeleteFunc([]string{name}, func(s string) bool { return s == "" })
	}
	return [roles][]string{
		one(d.Status), one(d.Onset), d.NotReady, d.Failed, d.Ready, one(d.Desired), one(d.Available), d.Info,
	}[r]
}

func columnsOf(all []Declaration) (c columns) {
	for r := range roles {
		c.first[r] = len(c.names)
		if r == info {
			c.names = append(c.names, ownerInfo)
		}
		for i := range all {
			c.names = append(c.names, all[i].families(r)...)
		}
	}
	c.first[roles] = len(c.names)
	for _, d := range all {
		for _, a := range d.Asides {
			a.collector = d.Collector
			c.asides = append(c.asides, a)
		}
		c.edges, c.creates = append(c.edges, d.Edges...), append(c.creates, d.Creates...)
	}
	return c
}

// Families returns the names of all families in the declarations.
func Families(all []Declaration) []string {
	c := columnsOf(all)
	names := c.graphNames()
	for _, a := range c.asides {
		if a.NotReady != "" {
			names = append(names, a.NotReady)
		}
	}
	return names
}
