// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

// Package changes keeps the recent changes in the fleet. It derives changes of states, revisions, versions and leaders
// by comparing replaced rows with their predecessors, and also keeps the begin and end of findings.
package changes

import (
	"fmt"
	"regexp"
	"time"
)

// Type is the type of a change.
type Type string

// Types of changes.
const (
	State        Type = "state"
	Revision     Type = "revision"
	Version      Type = "version"
	Leader       Type = "leader"
	Created      Type = "created"
	Deleted      Type = "deleted"
	Verdict      Type = "verdict"
	FindingBegan Type = "finding_began"
	FindingEnded Type = "finding_ended"
)

// Types returns all types.
func Types() []Type {
	return []Type{State, Revision, Version, Leader, Created, Deleted, Verdict, FindingBegan, FindingEnded}
}

// Change is a change of an object.
type Change struct {
	At        time.Time `json:"at" jsonschema_description:"Time at which the exporter detected the change."`
	Type      Type      `json:"type"`
	Cluster   string    `json:"cluster" jsonschema_description:"The cluster that contains the object."`
	Target    string    `json:"targetCluster" jsonschema_description:"The affected cluster."`
	System    string    `json:"system"`
	Kind      string    `json:"kind"`
	Namespace string    `json:"namespace"`
	Name      string    `json:"name"`
	Before    string    `json:"before" jsonschema_description:"The previous state, revision, version or leader; empty if unknown."`
	After     string    `json:"after" jsonschema_description:"The new state, revision, version or leader; empty if the state has ended or the object was deleted."`
	Rule      string    `json:"rule,omitempty" jsonschema_description:"The rule of the finding."`
	Severity  string    `json:"severity,omitempty"`
	Text      string    `json:"text" jsonschema_description:"The change as a sentence."`
}

// Object returns kind namespace/name.
func (c *Change) Object() string {
	name := c.Name
	if c.Namespace != "" {
		name = c.Namespace + "/" + name
	}
	if c.Kind == "" {
		return name
	}
	return c.Kind + " " + name
}

// digest matches the digest of a revision. Seven digits suffice to identify it.
var digest = regexp.MustCompile(`(@?)(?:sha1:|sha256:)?([0-9a-f]{7})[0-9a-f]{33,}`)

// Short returns a revision with a short digest: main@1a2b3c4.
func Short(revision string) string { return digest.ReplaceAllString(revision, "$1$2") }

// describe returns the change as a sentence.
func (c *Change) describe() string {
	switch c.Type {
	case State:
		switch {
		case c.After == "":
			return fmt.Sprintf("%s is no longer %s", c.Object(), c.Before)
		case c.Before == "":
			return fmt.Sprintf("%s became %s", c.Object(), c.After)
		}
		return fmt.Sprintf("%s became %s, was %s", c.Object(), c.After, c.Before)
	case Revision:
		return fmt.Sprintf("%s applied %s", c.Object(), Short(c.After))
	case Version:
		return fmt.Sprintf("%s changed to version %s", c.Object(), c.After)
	case Leader:
		return fmt.Sprintf("%s has the leader %s", c.Object(), c.After)
	case Created:
		return c.Object() + " was created"
	case Deleted:
		return c.Object() + " was deleted"
	case Verdict:
		if c.After == "" {
			return fmt.Sprintf("%s is no longer in cluster %s", c.System, c.Target)
		}
		return fmt.Sprintf("%s in cluster %s became %s", c.System, c.Target, c.After)
	case FindingBegan, FindingEnded:
		return c.Text
	}
	return c.Object()
}

// explains reports whether a change may be the cause of a problem. Most changes of the state are consequences instead.
func (c *Change) explains() bool {
	switch c.Type {
	case Revision, Version, Leader, Deleted:
		return true
	case State:
		return c.After == "suspended" || c.Before == "suspended"
	}
	return false
}
