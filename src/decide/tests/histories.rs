//! Ten thousand random histories of one family: events lost, doubled, late and reordered, hands that register and clean
//! up, looked-up values that change without an event, alarms that ask five times, two copies of the function at once.

use super::{
    dice::{Dice, play},
    judge::{self, Requests},
    model::{Account, Made, time},
    *,
};

const SECOND: u64 = 1000;
const QUIET: u64 = 900 * SECOND;

#[derive(Clone, Copy, Debug)]
enum Ask {
    Register(Origin),
    RollBack { goal: Goal, again: bool, allow_last: bool },
}

#[derive(Clone, Copy, Debug)]
struct Event {
    id: u64,
    ask: Ask,
    /// Its own time: whole seconds where it came through EventBridge.
    asked: u64,
}

struct World {
    dice: Dice,
    now: u64,
    desired: Made,
    account: Account,
    /// By the time of delivery.
    queue: Vec<(u64, Event)>,
    events: u64,
    requests: Requests,
    quiet: u64,
    tells: bool,
    log: Vec<String>,
}

/// Plays one history, then lets it come to rest.
fn history_of(seed: u64) -> Result<(), String> {
    world_of(seed, false).play().map_err(|_| {
        // Once more, to tell what happened.
        let mut world = world_of(seed, true);
        let wrong = world.play().expect_err("the same again");
        format!("{wrong}\n{}", world.log.join("\n"))
    })
}

fn world_of(seed: u64, tells: bool) -> World {
    let mut dice = Dice::new(seed);
    let quiet = dice.pick(&[QUIET, QUIET, QUIET, 0]);
    World {
        now: 1_000_000,
        desired: Made { image: 0, side: 0, config: 0, looked_up: 0 },
        account: Account::default(),
        queue: vec![],
        events: 0,
        requests: Requests::default(),
        quiet,
        tells,
        log: vec![],
        dice,
    }
}

impl World {
    fn play(&mut self) -> Result<(), String> {
        for _ in 0..self.dice.between(5, 40) {
            let gap = self.dice.pick(&[1, 300, 2 * SECOND, 60 * SECOND, 1200 * SECOND]);
            let until = self.now + self.dice.between(1, gap);
            self.deliver(until)?;
            self.something_happens();
        }
        self.deliver(u64::MAX)?;
        self.now += SECOND;
        let sweep = self.event(Ask::Register(Origin::Sweep));
        self.handle(&[sweep])?;
        self.account.standing().judge_rest(&self.desired.fingerprint())
    }

    fn something_happens(&mut self) {
        self.now += 1;
        match self.dice.below(20) {
            0..=4 => {
                // Old tags are pushed again too.
                self.desired.image = self.dice.below(5);
                self.send(Ask::Register(Origin::ImagePush));
            }
            5..=6 => {
                self.desired.side = self.dice.below(3);
                self.send(Ask::Register(Origin::ImagePush));
            }
            7..=9 => {
                self.desired.config = self.dice.below(4);
                for _ in 0..self.dice.between(1, 3) {
                    self.send(Ask::Register(Origin::ConfigChange));
                }
            }
            10 => self.desired.looked_up = self.dice.below(3),
            11 => self.send(Ask::Register(Origin::Sweep)),
            12 => self.send(Ask::Register(Origin::Direct)),
            13..=15 => self.ask_back(),
            16 => (0..5).for_each(|_| self.alarm()),
            17 => {
                let tagged = self.dice.one_in(2);
                self.account.register(None, tagged, self.now);
                let number = self.account.0.len();
                self.log(|| format!("a person registers {number}"));
            }
            _ => self.clean_up(),
        }
    }

    fn ask_back(&mut self) {
        let newest = self.account.0.len() as u64;
        let number = u32::try_from(self.dice.between(1, newest.max(1))).unwrap();
        let goal =
            self.dice.pick(&[Goal::Latest, Goal::Latest, Goal::Latest, Goal::Revision(number), Goal::To(number)]);
        let (again, allow_last) = (self.dice.one_in(3), self.dice.one_in(8));
        self.send(Ask::RollBack { goal, again, allow_last });
    }

    fn alarm(&mut self) {
        self.now += self.dice.between(1, 60 * SECOND);
        self.send(Ask::RollBack { goal: Goal::Latest, again: false, allow_last: false });
    }

    /// A person deregisters some revision, and leaves one.
    fn clean_up(&mut self) {
        let active: Vec<u32> = self.account.standing().active().map(|stood| stood.number).collect();
        if active.len() > 1 {
            let number = self.dice.pick(&active);
            self.account.deregister(number, self.now);
            self.log(|| format!("a person deregisters {number}"));
        }
    }

    fn event(&mut self, ask: Ask) -> Event {
        self.events += 1;
        let is_direct = matches!(ask, Ask::Register(Origin::Direct)) || self.dice.one_in(4);
        let asked = if is_direct { self.now } else { self.now / SECOND * SECOND };
        Event { id: self.events, ask, asked }
    }

    /// On its way it may be lost, doubled, late.
    fn send(&mut self, ask: Ask) {
        let event = self.event(ask);
        for _ in 0..self.dice.pick(&[0, 1, 1, 1, 1, 1, 1, 2, 2, 3]) {
            let slow = self.dice.pick(&[10, SECOND, 5 * SECOND, 120 * SECOND, 3 * 3600 * SECOND]);
            let at = self.now + self.dice.between(1, slow);
            self.queue.push((at, event));
        }
        self.log(|| format!("{event:?} is sent"));
    }

    /// Handles what arrives until then.
    fn deliver(&mut self, until: u64) -> Result<(), String> {
        self.queue.sort_by_key(|(at, event)| (*at, event.id));
        while self.queue.first().is_some_and(|(at, _)| *at <= until) {
            let (at, event) = self.queue.remove(0);
            self.now = self.now.max(at);
            let other = match self.queue.first() {
                _ if self.dice.one_in(12) => Some(event),
                Some((_, other)) if self.dice.one_in(6) => Some(*other),
                _ => None,
            };
            let other = other.filter(|other| other.id == event.id || self.may_meet(&event, other));
            let together: Vec<Event> = [Some(event), other].into_iter().flatten().collect();
            self.handle(&together)?;
        }
        self.now = if until == u64::MAX { self.now } else { self.now.max(until) };
        Ok(())
    }

    /// What even two copies at once may handle together. Told different revisions they could take the last two: each leaves
    /// the other's. And what is registered in the very second of a rollback, while another copy already takes back what
    /// stood before, is the one meant by the rollback's second delivery.
    fn may_meet(&self, one: &Event, other: &Event) -> bool {
        let is_fit = |event: &Event| match event.ask {
            Ask::Register(_) => true,
            Ask::RollBack { goal, .. } => goal == Goal::Latest && event.asked / SECOND < self.now / SECOND,
        };
        is_fit(one) && is_fit(other)
    }

    /// What arrives together is decided on what stands now, and then done.
    fn handle(&mut self, events: &[Event]) -> Result<(), String> {
        let seen = self.account.clone();
        for event in events {
            self.now += self.dice.between(1, 400);
            match event.ask {
                Ask::Register(origin) => self.register(&seen, *event, origin)?,
                Ask::RollBack { goal, again, allow_last } => {
                    self.roll_back(&seen, *event, goal, again, allow_last)?;
                }
            }
        }
        Ok(())
    }

    fn register(&mut self, seen: &Account, event: Event, origin: Origin) -> Result<(), String> {
        let (fingerprint, digests) = (self.desired.fingerprint(), self.desired.digests());
        let desired = Desired { family: "batch", fingerprint: &fingerprint, digests: &digests };
        let decision = super::super::register(&desired, &seen.history(), origin, time(event.asked));
        let desired = self.desired;
        self.log(|| format!("{event:?} of {desired:?}: {decision:?}"));
        if !matches!(decision, RegisterDecision::Register(_)) {
            return Ok(());
        }
        let new = self.account.register(Some(self.desired), true, self.now);
        seen.standing().judge_registration(new, origin, event.asked)
    }

    fn roll_back(
        &mut self,
        seen: &Account,
        event: Event,
        goal: Goal,
        again: bool,
        allow_last: bool,
    ) -> Result<(), String> {
        let request = Request {
            family: "batch",
            goal,
            asked: time(event.asked),
            again,
            allow_last: if allow_last { AllowLast::Yes } else { AllowLast::No },
            allow_missing_image: false,
            allow_unmanaged: false,
            outside: None,
            quiet: Duration::milliseconds(i64::try_from(self.quiet).unwrap()),
        };
        let facts = RollbackFacts { rendered: Some(true), images: Some(ImagesExist::All) };
        let decision = super::super::rollback(&request, &seen.history(), &facts);
        self.log(|| format!("{event:?}: {decision:?}"));
        let RollbackDecision::Deregister(back) = decision else { return Ok(()) };
        let request = judge::Requested { event: event.id, goal, allow_last, asked: event.asked };
        for number in &back.revisions {
            self.account.deregister(*number, self.now);
            let (stood, left) = (&self.account.0[*number as usize - 1], self.account.standing());
            self.requests.judge_deregistration(&request, stood, seen.standing(), left, None)?;
        }
        let is_latest = seen.standing().newest().is_some_and(|a| back.revisions.contains(&a.number));
        if goal == Goal::Latest && !is_latest { Err("it was not the latest that went".into()) } else { Ok(()) }
    }

    fn log(&mut self, line: impl FnOnce() -> String) {
        if self.tells {
            self.log.push(format!("{:>10} {}", self.now, line()));
        }
    }
}

#[test]
fn ten_thousand_random_histories_keep_every_promise() {
    play("ten_thousand_random_histories_keep_every_promise", 10_000, history_of);
}
