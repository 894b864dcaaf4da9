"""What leaves the portal: a row for each write to Jira or Mattermost, sent after the commit and never twice."""
