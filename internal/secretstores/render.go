// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package secretstores

import (
	"strconv"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/lifecycle"
)

func (c *Cluster) render(dirty map[object]struct{}) {
	for o := range dirty {
		node := c.nodes[o]
		if node == nil || !o.isStore() && node.State == lifecycle.Ready && len(c.missing(node)) == 0 {
			c.group.Delete(o.id())
			continue
		}
		c.group.Set(o.id(), c.rows, func(r *exposition.Rows) {
			if o.isStore() {
				c.storeRows(r, o, node)
				return
			}
			c.userRows(r, o, node)
		})
	}
}

func (c *Cluster) storeRows(r *exposition.Rows, o object, node *Node) {
	namespace, name := o.split()
	users := map[string]int{KindExternalSecret: 0, KindPushSecret: 0}
	for by := range c.dependents[o] {
		users[by.kind]++
	}
	for _, kind := range []string{KindExternalSecret, KindPushSecret} {
		if c.complete[kind] {
			r.Add(storeDependents, float64(users[kind]), o.kind, namespace, name, kind)
		}
	}
	problem := node.Problem
	if problem == "" && len(c.dependents[o]) == 0 && c.complete[KindExternalSecret] {
		problem = problemUnused
	}
	c.notReadyRow(r, o, node, problem, Ref{Kind: o.kind, Namespace: namespace, Name: name})
}

func (c *Cluster) userRows(r *exposition.Rows, o object, node *Node) {
	namespace, name := o.split()
	missing := c.missing(node)
	problem := node.Problem
	if len(missing) > 0 && (problem == "" || o.kind == KindExternalSecret) {
		problem = problemStoreMissing
	}
	if o.kind == KindExternalSecret && node.State != lifecycle.Deleting {
		for _, s := range missing {
			r.Add(storeMissing, 1, namespace, name, s.Kind, s.Name, s.String())
		}
	}
	c.notReadyRow(r, o, node, problem, c.cause(node))
}

// notReadyRow adds since when an object is not ready, and its store.
func (c *Cluster) notReadyRow(r *exposition.Rows, o object, node *Node, problem string, store Ref) {
	if node.State == lifecycle.Ready {
		return
	}
	namespace, name := o.split()
	identity, behind := "", &Node{}
	if store.Name != "" {
		identity = store.String()
		if s := c.nodes[store.object()]; s != nil {
			behind = s
		}
	}
	r.Add(notReadySince, unix(node.Onset.Time), o.kind, namespace, name, node.State.String(), node.Onset.Precision(),
		strconv.FormatBool(node.tolerated()),
		problem, store.Kind, store.Namespace, store.Name, identity, behind.Backend, behind.AuthMount)
}

// missing returns the stores of an object that do not exist. If the stores of a kind are not all known, none counts as
// missing.
func (c *Cluster) missing(node *Node) []Ref {
	var missing []Ref
	for _, s := range node.Stores {
		if c.nodes[s.object()] == nil && c.complete[s.Kind] {
			missing = append(missing, s)
		}
	}
	return missing
}

// cause returns the store from which the state of an object follows: the first store that is missing or not ready, or
// else the first store. It is zero for an object without stores.
func (c *Cluster) cause(node *Node) Ref {
	for _, s := range node.Stores {
		if store := c.nodes[s.object()]; store == nil && c.complete[s.Kind] || store != nil && store.State != lifecycle.Ready {
			return s
		}
	}
	if len(node.Stores) == 0 {
		return Ref{}
	}
	return node.Stores[0]
}
