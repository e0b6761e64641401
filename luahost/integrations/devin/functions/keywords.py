"""What people call a function who do not know its name. Search finds it by these words as by its own."""

from __future__ import annotations

KEYWORDS = {
    "create_session": (
        "start begin launch spawn kick off new task job work assign delegate ask agent several parallel "
        "structured fix implement feature issue engineer limit budget max cost"
    ),
    "get_session": "status state progress check look show far done finished pull request pr result output",
    "list_sessions": (
        "running active open current recent find show doing tasks working runs jobs prs mine filter failed "
        "finished suspended created last week month yesterday today since date history"
    ),
    "send_message": (
        "reply respond answer tell say write comment chat talk instruct follow up resume continue wake unpause "
        "sleeping suspended go on approve plan question feedback nudge unblock steer"
    ),
    "get_current_user": "who am i me myself whoami account identity login key credential test check valid",
    "terminate_session": "stop cancel kill end abort quit finish close halt task job delete shut down",
    "archive_session": "hide clean up tidy put away pause suspend sleep delete",
    "unarchive_session": "restore bring back unhide",
    "wait_session": "until finished done complete block poll watch follow sleep ready",
    "list_session_messages": (
        "conversation chat history transcript read say said replies answers log talk did do happened export"
    ),
    "list_session_attachments": "files artifacts outputs produced make made results",
    "get_session_tags": "labels",
    "append_session_tags": "label mark categorize categorise tag add labels",
    "replace_session_tags": "set change overwrite retag remove untag delete take off tag drop label labels",
    "list_allowed_tags": "labels enterprise policy show",
    "append_allowed_tags": "labels enterprise policy permit add",
    "replace_allowed_tags": "labels enterprise policy restrict set",
    "remove_allowed_tag": "label enterprise policy forbid delete",
    "clear_allowed_tags": "labels enterprise policy unrestricted delete",
    "get_session_insights": (
        "analysis quality score evaluate went well problems did do happened duration long take took"
    ),
    "list_session_insights": "analysis quality compare report",
    "generate_session_insights": "analyze analyse evaluate start",
    "upload_attachment": "attach send give file document image screenshot log available provide share",
    "download_attachment": "fetch get save file artifact",
    "list_secrets": "credentials passwords tokens keys show",
    "create_secret": "add save set credential password token key env environment variable",
    "delete_secret": "remove drop credential password token key",
    "list_notes": "knowledge memory remember show search",
    "get_note": "knowledge memory show",
    "create_note": "knowledge memory remember learn teach add fact rule convention",
    "update_note": "knowledge memory edit change rewrite",
    "delete_note": "knowledge memory forget fact remove",
    "list_folders": "knowledge directories",
    "list_playbooks": "templates recipes procedures instructions show runbooks",
    "get_playbook": "template recipe procedure instructions show runbook",
    "create_playbook": "template recipe procedure instructions add new reusable runbook",
    "update_playbook": "template recipe edit change",
    "delete_playbook": "template recipe remove",
    "list_schedules": "cron recurring planned timed show",
    "get_schedule": "cron recurring show",
    "create_schedule": "cron job recurring repeat periodic nightly daily weekly hourly every morning later timer plan",
    "update_schedule": "cron job nightly recurring edit change pause resume disable enable turn off on stop",
    "delete_schedule": "cron recurring remove stop",
    "get_daily_consumption": "cost price spend spent money bill billing usage credits budget much acu",
    "get_session_consumption": "cost price spend spent money bill usage credits much acu",
    "get_user_consumption": "cost price spend spent money bill usage credits person member acu",
    "get_service_user_consumption": "cost price spend spent money bill usage credits bot acu",
    "get_usage_metrics": "statistics stats analytics overview dashboard numbers report",
    "get_sessions_metrics": "statistics stats analytics many number count",
    "get_prs_metrics": "statistics stats analytics many number count pr merged opened",
    "get_searches_metrics": "statistics stats analytics many number count ask",
    "get_active_users_metrics": "statistics stats analytics many number count",
    "get_dau_metrics": "daily active users statistics stats analytics",
    "get_wau_metrics": "weekly active users statistics stats analytics",
    "get_mau_metrics": "monthly active users statistics stats analytics",
    "list_repositories": "repos git github gitlab code projects connected access show",
    "list_indexed_repositories": "repos status progress",
    "get_repository_indexing": "repo status progress ready done",
    "index_repository": "repo scan learn understand code add",
    "index_repositories": "repos scan learn understand code bulk many",
    "unindex_repository": "repo remove",
    "unindex_repositories": "repos remove bulk many",
    "create_pr_review": "code review pr check merge request",
    "get_pr_review": "code review pr result status comments findings",
    "list_users": "people team members colleagues who email teammate invite member",
    "get_user": "person member colleague who email",
    "list_idp_users": "sso okta saml directory people",
    "list_automations": "triggers rules hooks webhooks show",
    "get_automation": "trigger rule hook show",
    "create_automation": "trigger rule hook webhook event react when whenever github issue slack",
    "delete_automation": "trigger rule hook webhook remove",
    "list_automation_schemas": "trigger action types kinds possible available events",
}
"""By function; of more than one form of a word, one is enough."""
