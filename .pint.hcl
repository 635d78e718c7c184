# SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
# SPDX-License-Identifier: Apache-2.0

# What pint looks for in the generated rules: "make pint" off line, and test/e2e beside
# a Prometheus that scrapes the snapshot fleet.
parser {
  # Files for Prometheus, and objects of Prometheus Operator.
  relaxed = [".*prometheusrule\\.yaml"]
}

checks {
  disabled = [
    # Many rows are there only while something fails: that they are is the condition.
    "alerts/comparison",
  ]
}

check "promql/regexp" {
  # The job of a ServiceMonitor may have anything around its name.
  smelly = false
}

rule {
  match {
    kind = "alerting"
  }
  label "severity" {
    severity = "bug"
    required = true
    value    = "critical|warning|info"
  }
  label "service" {
    severity = "bug"
    required = true
    value    = "fleet|flux|openbao|externalsecrets|greenhouse|aurora|certmanager|controllers|exporter"
  }
  annotation "summary" {
    severity = "bug"
    required = true
  }
  annotation "description" {
    severity = "bug"
    required = true
  }
}

rule {
  match {
    kind = "alerting"
    label "severity" {
      value = "critical|warning"
    }
  }
  label "playbook" {
    severity = "bug"
    required = true
    value    = "https://.+/alerts/playbooks/.+\\.md"
  }
}
