//! What the demo holds. Every person and company is invented; `example.org` belongs to nobody.

use kernel::{Cents, Lang, StaffRole};
use offers::VatClass;
use providers::CompanyKind;

/// A person of the demo, without the part of the address behind the `@`.
pub(super) struct Person {
    pub(super) address: &'static str,
    pub(super) given_name: &'static str,
    pub(super) family_name: &'static str,
    pub(super) lang: Lang,
}

const fn person(address: &'static str, given_name: &'static str, family_name: &'static str) -> Person {
    Person {
        address,
        given_name,
        family_name,
        lang: Lang::Fi,
    }
}

/// A city with everything that happens in it.
pub(super) struct Town {
    /// Its municipality code.
    pub(super) code: &'static str,
    /// Its staff, each with one role.
    pub(super) staff: &'static [(StaffRole, Person)],
    pub(super) programmes: &'static [Programme],
    pub(super) companies: &'static [Company],
    /// Residents, each of whom gets a voucher of every programme.
    pub(super) residents: &'static [Person],
}

/// Texts in Finnish, Swedish and English.
pub(super) type Texts = [&'static str; 3];

/// A programme of the present year.
pub(super) struct Programme {
    pub(super) name: Texts,
    pub(super) description: Texts,
    pub(super) service_class: &'static str,
    pub(super) worth: Worth,
    pub(super) price_ceiling: Cents,
    pub(super) budget: Cents,
}

/// What the vouchers of a programme are worth.
#[derive(Clone, Copy)]
pub(super) enum Worth {
    /// One sum.
    Flat(Cents),
    /// Home care by income and household; each voucher grants so many minutes.
    HomeCare(i32),
}

/// A company that is approved for the programmes of its offers.
pub(super) struct Company {
    pub(super) business_id: &'static str,
    pub(super) name: &'static str,
    pub(super) kind: CompanyKind,
    pub(super) iban: &'static str,
    pub(super) signatory: Person,
    pub(super) offers: &'static [Offer],
}

/// An offer with times in the next weeks.
pub(super) struct Offer {
    /// Which of the town's programmes pays for it.
    pub(super) programme: usize,
    pub(super) name: Texts,
    pub(super) description: Texts,
    pub(super) keyword: &'static str,
    pub(super) price: Cents,
    pub(super) vat_class: VatClass,
    /// Name, street and postal code of the venue; none at the resident's home.
    pub(super) place: Option<[&'static str; 3]>,
    pub(super) capacity: i32,
}

const CLEANING: Programme = Programme {
    name: [
        "Seniorien kotisiivous",
        "Hemstädning för seniorer",
        "Home cleaning for seniors",
    ],
    description: [
        "Apua kodin siivoukseen yli 75-vuotiaille.",
        "Hjälp med hemstädning för personer över 75 år.",
        "Help with cleaning the home for people over 75.",
    ],
    service_class: "P25",
    worth: Worth::Flat(Cents(8_000)),
    price_ceiling: Cents(12_000),
    budget: Cents(5_000_000),
};

const EXERCISE: Programme = Programme {
    name: ["Liikuntaseteli", "Motionssedel", "Exercise voucher"],
    description: [
        "Ohjattua liikuntaa omaishoitajille.",
        "Handledd motion för närståendevårdare.",
        "Guided exercise for family carers.",
    ],
    service_class: "P22",
    worth: Worth::Flat(Cents(10_000)),
    price_ceiling: Cents(20_000),
    budget: Cents(5_000_000),
};

const HOME_CARE: Programme = Programme {
    name: ["Tilapäinen kotihoito", "Tillfällig hemvård", "Temporary home care"],
    description: [
        "Hoitoa ja huolenpitoa kotona. Palvelusetelin arvo riippuu tuloista ja talouden koosta.",
        "Vård och omsorg i hemmet. Servicesedelns värde beror på inkomster och hushållets storlek.",
        "Care at home. The value of the voucher depends on income and household.",
    ],
    service_class: "P10",
    worth: Worth::HomeCare(20 * 60),
    price_ceiling: Cents(10_000),
    budget: Cents(5_000_000),
};

const CARE_VISIT: Offer = Offer {
    programme: 2,
    name: ["Kotihoidon käynti", "Hemvårdsbesök", "Home care visit"],
    description: [
        "Kahden tunnin hoitokäynti kotona.",
        "Ett vårdbesök på två timmar i hemmet.",
        "A care visit of two hours at home.",
    ],
    keyword: "kotihoito",
    price: Cents(7_000),
    vat_class: VatClass::Exempt,
    place: None,
    capacity: 2,
};

const WINDOWS: Offer = Offer {
    programme: 0,
    name: ["Ikkunoiden pesu", "Fönstertvätt", "Window cleaning"],
    description: [
        "Pesemme kodin ikkunat sisältä ja ulkoa.",
        "Vi tvättar hemmets fönster in- och utvändigt.",
        "We wash the windows of a home inside and out.",
    ],
    keyword: "ikkunat",
    price: Cents(8_500),
    vat_class: VatClass::General,
    place: None,
    capacity: 1,
};

const TIDYING: Offer = Offer {
    programme: 0,
    name: ["Viikkosiivous", "Veckostädning", "Weekly cleaning"],
    description: [
        "Kaksi tuntia siivousta kotona.",
        "Två timmars städning i hemmet.",
        "Two hours of cleaning at home.",
    ],
    keyword: "siivous",
    price: Cents(6_900),
    vat_class: VatClass::General,
    place: None,
    capacity: 2,
};

const WATER: Offer = Offer {
    programme: 1,
    name: ["Vesijumppa", "Vattengymnastik", "Water exercise"],
    description: [
        "Rauhallista jumppaa lämpimässä altaassa.",
        "Lugn gymnastik i en varm bassäng.",
        "Gentle exercise in a warm pool.",
    ],
    keyword: "uinti",
    price: Cents(8_000),
    vat_class: VatClass::Reduced,
    place: Some(["Rantahalli", "Rantatie 1", "00100"]),
    capacity: 12,
};

const SWIMMING: Offer = Offer {
    programme: 1,
    name: ["Aikuisten uimakoulu", "Simskola för vuxna", "Swimming for adults"],
    description: [
        "Uimataidon alkeet viidessä kerrassa.",
        "Grunderna i simning på fem gånger.",
        "The basics of swimming in five lessons.",
    ],
    keyword: "uinti",
    price: Cents(13_000),
    vat_class: VatClass::Reduced,
    place: Some(["Rantahalli", "Rantatie 1", "00100"]),
    capacity: 6,
};

const BALANCE: Offer = Offer {
    programme: 1,
    name: ["Tasapainoryhmä", "Balansgrupp", "Balance group"],
    description: [
        "Harjoittelemme tasapainoa pienessä ryhmässä.",
        "Vi övar balansen i en liten grupp.",
        "We practise balance in a small group.",
    ],
    keyword: "tasapaino",
    price: Cents(9_000),
    vat_class: VatClass::Reduced,
    place: Some(["Keskustan sali", "Koulukatu 2", "33100"]),
    capacity: 8,
};

/// The towns of the demo. The last resident of the last one is written last.
pub(super) const TOWNS: &[Town] = &[
    Town {
        code: "091",
        staff: &[
            (
                StaffRole::ProgrammeOfficer,
                person("officer1.helsinki", "Oili", "Malli"),
            ),
            (
                StaffRole::ProgrammeOfficer,
                person("officer2.helsinki", "Oskari", "Malli"),
            ),
            (StaffRole::Approver, person("approver.helsinki", "Anneli", "Malli")),
            (
                StaffRole::SettlementClerk,
                person("clerk1.helsinki", "Kaarina", "Malli"),
            ),
            (StaffRole::SettlementClerk, person("clerk2.helsinki", "Kalevi", "Malli")),
            (StaffRole::Advisor, person("advisor.helsinki", "Nea", "Malli")),
            (StaffRole::Auditor, person("auditor.helsinki", "Tarmo", "Malli")),
            (
                StaffRole::Administrator,
                person("administrator1.helsinki", "Hilma", "Malli"),
            ),
            (
                StaffRole::Administrator,
                person("administrator2.helsinki", "Heikki", "Malli"),
            ),
        ],
        programmes: &[CLEANING, EXERCISE, HOME_CARE],
        companies: &[
            Company {
                business_id: "9900001-8",
                name: "Kirkas Koti Oy",
                kind: CompanyKind::Company,
                iban: "FI7742345670000073",
                signatory: person("provider1.helsinki", "Pirkko", "Esimerkki"),
                offers: &[WINDOWS, TIDYING, CARE_VISIT],
            },
            Company {
                business_id: "9900003-4",
                name: "Aallon Liikkujat ry",
                kind: CompanyKind::Association,
                iban: "FI4250001510000023",
                signatory: person("provider2.helsinki", "Paavo", "Esimerkki"),
                offers: &[SWIMMING, WATER],
            },
        ],
        residents: &[
            person("aino", "Aino", "Asukas"),
            Person {
                lang: Lang::Sv,
                ..person("bertel", "Bertel", "Asukas")
            },
        ],
    },
    Town {
        code: "837",
        staff: &[
            (
                StaffRole::ProgrammeOfficer,
                person("officer1.tampere", "Onni", "Mallikas"),
            ),
            (
                StaffRole::ProgrammeOfficer,
                person("officer2.tampere", "Outi", "Mallikas"),
            ),
            (StaffRole::Approver, person("approver.tampere", "Arvo", "Mallikas")),
            (
                StaffRole::SettlementClerk,
                person("clerk1.tampere", "Kerttu", "Mallikas"),
            ),
            (
                StaffRole::SettlementClerk,
                person("clerk2.tampere", "Kosti", "Mallikas"),
            ),
            (StaffRole::Auditor, person("auditor.tampere", "Tuovi", "Mallikas")),
            (
                StaffRole::Administrator,
                person("administrator1.tampere", "Helvi", "Mallikas"),
            ),
            (
                StaffRole::Administrator,
                person("administrator2.tampere", "Hannes", "Mallikas"),
            ),
        ],
        programmes: &[CLEANING, EXERCISE],
        companies: &[Company {
            business_id: "9900005-0",
            name: "Tasapaino Osuuskunta",
            kind: CompanyKind::Company,
            iban: "FI2112345600000785",
            signatory: person("provider1.tampere", "Päivi", "Esimerkki"),
            offers: &[TIDYING, BALANCE],
        }],
        residents: &[person("eino", "Eino", "Asukas")],
    },
];
