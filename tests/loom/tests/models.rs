//! Every model, in every order that loom tries.

use torvync_loom::models;

#[test]
fn each_number_is_drawn_once() {
    models::builtin::each_number_is_drawn_once();
}

#[test]
fn each_line_is_handed_out_once() {
    models::builtin::each_line_is_handed_out_once();
}

#[test]
fn an_input_is_opened_once() {
    models::builtin::an_input_is_opened_once();
}

#[test]
fn a_wake_up_is_never_lost() {
    models::executor::a_wake_up_is_never_lost();
}

#[test]
fn tasks_wake_each_other() {
    models::executor::tasks_wake_each_other();
}

#[test]
fn a_rest_ends_in_time() {
    models::executor::a_rest_ends_in_time();
}

#[test]
fn a_rest_ends_in_time_or_by_a_wake_up() {
    models::executor::a_rest_ends_in_time_or_by_a_wake_up();
}

#[test]
fn a_stand_in_comes_and_goes() {
    models::executor::a_stand_in_comes_and_goes();
}

#[test]
fn what_is_pulled_wakes_the_flow() {
    models::handover::what_is_pulled_wakes_the_flow();
}

#[test]
fn the_thread_ends_with_the_flow() {
    models::handover::the_thread_ends_with_the_flow();
}

#[test]
fn a_limit_is_exact() {
    models::replica::a_limit_is_exact();
}

#[test]
fn what_one_hands_back_others_emit() {
    models::replica::what_one_hands_back_others_emit();
}

#[test]
fn three_replicas_share_a_limit() {
    models::replica::three_replicas_share_a_limit();
}

#[test]
fn all_begin_when_all_are_prepared() {
    models::replica::all_begin_when_all_are_prepared();
}

#[test]
fn a_failure_ends_all() {
    models::replica::a_failure_ends_all();
}

#[test]
fn a_stop_reaches_a_flow_that_begins() {
    models::stop::a_stop_reaches_a_flow_that_begins();
}

#[test]
fn a_second_stop_cancels() {
    models::stop::a_second_stop_cancels();
}

#[test]
fn no_other_call_is_ended() {
    models::watched::no_other_call_is_ended();
}

#[test]
fn the_call_that_is_meant_ends() {
    models::watched::the_call_that_is_meant_ends();
}

#[test]
fn a_shell_stops_between_elements() {
    models::watched::a_shell_stops_between_elements();
}
