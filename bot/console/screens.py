"""The table of routes: every address of the console, who may use it, and what answers."""

from __future__ import annotations

from bot.console import (
    casepage,
    changes,
    codes,
    doors,
    erasing,
    explaining,
    filing,
    finding,
    handing_out,
    oversight,
    permissions,
    preview,
    quality,
    queue,
    replying,
    search,
    undelivered,
    views,
    week,
)
from bot.console.frame import Screen
from bot.console.roles import Right

CASE = "/cases/{number}"
FILE = f"{CASE}/messages/{{message}}/files/{{place}}"

SCREENS: tuple[Screen, ...] = (
    Screen("login", "GET", "/login", Right.OPEN, doors.show_login),
    Screen("login_post", "POST", "/login", Right.OPEN, doors.login),
    Screen(
        "logout",
        "POST",
        "/logout",
        Right.SELF,
        doors.logout,
        before_password=True,
        before_code=True,
    ),
    Screen(
        "code", "GET", "/code", Right.SELF, codes.show_code, before_password=True, before_code=True
    ),
    Screen(
        "code_post",
        "POST",
        "/code",
        Right.SELF,
        codes.enter_code,
        before_password=True,
        before_code=True,
    ),
    Screen("second_factor", "GET", "/second-factor", Right.SELF, codes.show_setup),
    Screen("factor_start", "POST", "/second-factor", Right.SELF, codes.start),
    Screen("factor_confirm", "POST", "/second-factor/confirm", Right.SELF, codes.confirm),
    Screen("factor_off", "POST", "/second-factor/off", Right.SELF, codes.turn_off),
    Screen("password", "GET", "/password", Right.SELF, doors.show_password, before_password=True),
    Screen(
        "password_post",
        "POST",
        "/password",
        Right.SELF,
        doors.change_password,
        before_password=True,
    ),
    Screen("home", "GET", "/", Right.SELF, doors.home),
    Screen("queue", "GET", "/cases", Right.READ_CASES, queue.show),
    Screen("queue_export", "GET", "/cases.{form}", Right.EXPORT_CASES, queue.export),
    Screen("search", "GET", "/search", Right.READ_CASES, search.show_empty),
    Screen("search_post", "POST", "/search", Right.READ_CASES, search.show),
    Screen("view_save", "POST", "/views", Right.READ_CASES, views.save),
    Screen("view_remove", "POST", "/views/remove", Right.READ_CASES, views.remove),
    Screen("case", "GET", CASE, Right.READ_CASES, casepage.show),
    Screen("messages", "GET", f"{CASE}/messages", Right.READ_CASES, casepage.messages),
    Screen("find", "POST", f"{CASE}/find", Right.READ_CASES, finding.show),
    Screen("side", "GET", f"{CASE}/side", Right.READ_CASES, casepage.show_side),
    Screen("export", "GET", f"{CASE}/export.json", Right.EXPORT_CASES, casepage.export),
    Screen(
        "package", "GET", f"{CASE}/package/{{form}}", Right.EXPORT_CASES, handing_out.fetch_package
    ),
    Screen(
        "document",
        "GET",
        f"{CASE}/documents/{{kind}}",
        Right.EXPORT_CASES,
        handing_out.fetch_document,
    ),
    Screen("file", "GET", f"{FILE}", Right.READ_CASES, preview.show),
    Screen("file_page", "GET", f"{FILE}/pages/{{page}}", Right.READ_CASES, preview.show_page),
    Screen("file_original", "GET", f"{FILE}/original", Right.EXPORT_CASES, preview.fetch_original),
    Screen("refile", "POST", f"{FILE}/paper", Right.CHANGE_CASES, filing.refile),
    Screen("copy", "GET", f"{CASE}/copy", Right.EXPORT_CASES, handing_out.fetch_copy),
    Screen("letter", "POST", f"{CASE}/letter", Right.CHANGE_CASES, handing_out.send_letter),
    Screen("sharing", "POST", f"{CASE}/sharing", Right.CHANGE_CASES, permissions.change_sharing),
    Screen("take_over", "POST", f"{CASE}/take-over", Right.CHANGE_CASES, changes.take_over),
    Screen("hand_back", "POST", f"{CASE}/hand-back", Right.CHANGE_CASES, changes.hand_back),
    Screen("reply", "POST", f"{CASE}/reply", Right.CHANGE_CASES, replying.reply, takes_file=True),
    Screen("template", "POST", f"{CASE}/template", Right.CHANGE_CASES, replying.send_template),
    Screen("retry", "POST", f"{CASE}/retry", Right.CHANGE_CASES, changes.retry),
    Screen("erase", "GET", f"{CASE}/erase", Right.ERASE_CASES, erasing.show_erase),
    Screen("erase_post", "POST", f"{CASE}/erase", Right.ERASE_CASES, erasing.erase),
    Screen("fix_any", "GET", f"{CASE}/facts", Right.CHANGE_CASES, changes.choose_fix),
    Screen("fix", "GET", f"{CASE}/facts/{{fact}}", Right.CHANGE_CASES, changes.show_fix),
    Screen("correct", "POST", f"{CASE}/facts/{{fact}}", Right.CHANGE_CASES, changes.correct),
    Screen("note", "POST", f"{CASE}/notes", Right.CHANGE_CASES, changes.note),
    Screen("tag", "POST", f"{CASE}/tags", Right.CHANGE_CASES, changes.tag),
    Screen("assign", "POST", f"{CASE}/assign", Right.CHANGE_CASES, changes.assign),
    Screen("desk", "POST", f"{CASE}/state", Right.CHANGE_CASES, changes.desk),
    Screen("seen", "POST", f"{CASE}/seen", Right.CHANGE_CASES, changes.seen),
    Screen("paper", "POST", f"{CASE}/records", Right.CHANGE_CASES, changes.paper),
    Screen("answered", "POST", f"{CASE}/questions", Right.CHANGE_CASES, changes.answered),
    Screen(
        "marking", "GET", f"{CASE}/messages/{{message}}", Right.CHANGE_CASES, quality.show_marking
    ),
    Screen("mark", "POST", f"{CASE}/messages/{{message}}", Right.CHANGE_CASES, quality.mark),
    Screen("explained", "GET", f"{CASE}/pathways/{{pathway}}", Right.READ_CASES, explaining.show),
    Screen("objection", "POST", f"{CASE}/objection", Right.CHANGE_CASES, quality.object_to),
    Screen("undelivered", "GET", "/undelivered", Right.READ_CASES, undelivered.show),
    Screen("try_again", "POST", "/undelivered", Right.CHANGE_CASES, undelivered.try_again),
    Screen("quality", "GET", "/quality", Right.READ_QUALITY, quality.show_lists),
    Screen(
        "misread_intents", "GET", "/quality/nlu.yml", Right.READ_QUALITY, quality.export_intents
    ),
    Screen(
        "misread_facts", "GET", "/quality/facts.jsonl", Right.READ_QUALITY, quality.export_facts
    ),
    Screen("week", "GET", "/quality/week", Right.READ_QUALITY, week.show),
    Screen("week_export", "GET", "/quality/week.{form}", Right.READ_QUALITY, week.export),
    Screen("audit", "GET", "/audit", Right.READ_AUDIT, oversight.show_audit),
    Screen("accounts", "GET", "/accounts", Right.MANAGE_ACCOUNTS, oversight.show_accounts),
    Screen("account_add", "POST", "/accounts", Right.MANAGE_ACCOUNTS, oversight.add_account),
    Screen(
        "account_disable",
        "POST",
        "/accounts/disable",
        Right.MANAGE_ACCOUNTS,
        oversight.disable_account,
    ),
    Screen("factor_reset", "POST", "/accounts/reset", Right.MANAGE_ACCOUNTS, codes.reset),
)
